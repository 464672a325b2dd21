/** The rooms of src, from the highest to the lowest, and what each may see besides itself: nothing else. */
const rooms = {
  cli: [
    'dashboard',
    'supervisor',
    'worker',
    'client',
    'workflows',
    'upscaler',
    'runtime',
    'models',
    'media',
    'job',
    'lib',
  ],
  dashboard: ['client', 'workflows', 'models', 'media', 'job', 'lib'],
  supervisor: ['worker', 'client', 'upscaler', 'runtime', 'media', 'lib'],
  worker: ['activities', 'client', 'upscaler', 'runtime', 'media', 'job', 'lib'],
  activities: ['client', 'upscaler', 'media', 'job', 'lib'],
  client: ['workflows', 'upscaler', 'runtime', 'models', 'media', 'job', 'lib'],
  workflows: ['job', 'lib'],
  upscaler: ['runtime', 'models', 'media', 'job', 'lib'],
  models: ['runtime', 'job', 'lib'],
  runtime: ['lib'],
  media: ['job', 'lib'],
  job: ['lib'],
  lib: [],
};

/** The same of src/media. */
const mediaRooms = {
  verify: ['merge', 'source', 'picture', 'ffmpeg'],
  preview: ['picture', 'ffmpeg'],
  compare: ['source', 'picture', 'ffmpeg'],
  merge: ['encode', 'source', 'picture', 'ffmpeg'],
  encode: ['source', 'picture', 'ffmpeg'],
  intermediate: ['source', 'picture', 'ffmpeg'],
  source: ['picture', 'ffmpeg'],
  picture: ['ffmpeg'],
  ffmpeg: [],
};

/** What each room of a folder may import of the others. */
export const HOUSES = { src: rooms, 'src/media': mediaRooms };
