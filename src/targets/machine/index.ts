export { applyPlan, planFor, type Applied } from './apply.ts';
export type { Door, Finding, ResourceOf } from './door.ts';
export { changeEdgeFiles, finishEdgeChange, reloadChecked, type EdgeDoor, type EdgeFile } from './edge-files.ts';
export { edgeParts, hostPackages, prepareCommand } from './edge-parts.ts';
export { makePlace, placeUsers, siteUser, unknownId } from './place.ts';
export { groupSpec, wantedResources, type EdgeParts, type Extra, type Wanted } from './resources.ts';
export { survey, wantedHere, type MachineInput, type SurveyInput } from './survey.ts';
