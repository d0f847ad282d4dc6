export { dropSiteFromEdge, reloadEdge } from './edge-of-site.ts';
export { edgeNotes, edgeOfBlueprint, edgeOfGroup } from './edge-parts.ts';
export { siteUsers } from './survey.ts';
export { machineTarget } from './target.ts';
export { trialName, trialService, webSetting } from './trial.ts';
