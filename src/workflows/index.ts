export { tellEnd } from './tellEnd.js';
export { upscaleBatch } from './upscaleBatch.js';
export { upscaleVideo } from './upscaleVideo.js';
