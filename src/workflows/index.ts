export { upscaleVideo } from './upscaleVideo.js';
