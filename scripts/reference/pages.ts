import { apiPage } from './api.ts';
import { commandsPage } from './commands.ts';
import { componentsPage } from './components.ts';
import { configPage } from './config.ts';
import { eventsPage } from './events.ts';
import { filesPage } from './files.ts';
import { problemsPage } from './problems.ts';

/** The pages of docs/reference by file name, made from the sources. The same sources give the same pages. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    'commands.md': commandsPage(),
    'config.md': configPage(),
    'components.md': componentsPage(),
    'problems.md': problemsPage(),
    'events.md': eventsPage(),
    'api.md': apiPage(),
    'files.md': filesPage(),
  };
}
