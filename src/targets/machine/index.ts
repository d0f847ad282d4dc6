export { dropSiteFromEdge, reloadEdge } from './edge-of-site.ts';
export { edgeNotes, edgeOfBlueprint, edgeOfGroup } from './edge-parts.ts';
export { siteUsers } from './survey.ts';
export { machineTarget } from './target.ts';
export { endTrial, releaseForTrial, trialName, trialService, webServer, webSetting } from './trial.ts';
