export { tellEnd } from './notifyEnd.js';
export { upscaleBatch } from './upscaleBatch.js';
export { upscaleVideo } from './upscaleVideo.js';
