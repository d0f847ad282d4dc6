export { containerEnvironment } from './environment.ts';
export type { KeptLink, OwnSecret } from './input.ts';
export { containerCelery, containerOverrides, overriddenProbe } from './overrides.ts';
export { ownSecrets, unableFile } from './own-files.ts';
export { containerData, containerPlace, containerRelease } from './place.ts';
export { renderCompose } from './render.ts';
export { certificateSecret, keySecret } from './edge.ts';
export { allSecrets } from './services.ts';
export { type Unable, unableComponents } from './unable.ts';
