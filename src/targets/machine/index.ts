export { dropSiteFromEdge, edgeOfSite } from './edge-of-site.ts';
export { siteUsers } from './survey.ts';
export { machineTarget } from './target.ts';
export { trialName, trialService, webSetting } from './trial.ts';
