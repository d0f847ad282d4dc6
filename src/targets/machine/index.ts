export { applyPlan, planFor } from './apply.ts';
export type { Door } from './door.ts';
export { changeEdgeFiles, type EdgeDoor, finishEdgeChange } from './edge-files.ts';
export { allEdges, edgeNotes, edgeOfBlueprint, edgeOfGroup, edgePathsOf } from './edge-parts.ts';
export { siteUsers, survey, wantedHere, type MachineInput } from './survey.ts';
