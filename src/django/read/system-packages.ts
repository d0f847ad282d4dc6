import type { Fact, Requirement } from '../facts.ts';
import { baseName, depthOf } from './paths.ts';
import type { ProjectScan } from './scan.ts';
import { uncompiledCatalogues } from './translations.ts';

/** What compiling an extension needs; compilers come without the C library's headers when recommendations are off. */
const compiler = ['gcc', 'libc6-dev', 'python3-dev'];

/** Debian packages by distribution: what its source needs to be built, or its wheel to run. */
const needs: Readonly<Record<string, readonly string[]>> = {
  psycopg2: ['libpq-dev', ...compiler],
  psycopg: ['libpq5'],
  mysqlclient: ['default-libmysqlclient-dev', ...compiler, 'pkg-config'],
  'python-ldap': ['libldap-dev', 'libsasl2-dev', ...compiler],
  'django-auth-ldap': ['libldap-dev', 'libsasl2-dev', ...compiler],
  pycurl: ['libcurl4-openssl-dev', 'libssl-dev', ...compiler],
  pylibmc: ['libmemcached-dev', 'zlib1g-dev', ...compiler],
  uwsgi: [...compiler],
  weasyprint: ['libpango-1.0-0', 'libpangoft2-1.0-0', 'libharfbuzz-subset0'],
  'django-weasyprint': ['libpango-1.0-0', 'libpangoft2-1.0-0', 'libharfbuzz-subset0'],
  xmlsec: ['libxmlsec1-dev', 'pkg-config', ...compiler],
  'python3-saml': ['libxmlsec1-dev', 'pkg-config', ...compiler],
  'python-magic': ['libmagic1'],
  pycairo: ['libcairo2-dev', 'pkg-config', ...compiler],
  cairosvg: ['libcairo2'],
  wand: ['libmagickwand-6.q16-6'],
  pdf2image: ['poppler-utils'],
  pyzbar: ['libzbar0'],
  gdal: ['libgdal-dev', ...compiler, 'g++'],
  pyodbc: ['unixodbc-dev', ...compiler, 'g++'],
  pygraphviz: ['libgraphviz-dev', ...compiler, 'pkg-config'],
};

/** What GeoDjango loads by itself. */
const spatial = ['gdal-bin', 'libgdal-dev', 'libgeos-dev', 'libproj-dev'];

/** Debian packages that the requirements need, and those that an Aptfile names. */
export function findSystemPackages(
  scan: ProjectScan,
  requirements: readonly Requirement[],
  installedApps: readonly string[],
): readonly Fact<string>[] {
  const found = new Map<string, Fact<string>>();
  const add = (fact: Fact<string>): void => void (found.has(fact.value) || found.set(fact.value, fact));
  for (const requirement of requirements) {
    const { file, line = 1 } = requirement.where;
    for (const value of needsOf(requirement.name, scan.texts[file]?.split('\n')[line - 1] ?? '')) {
      add({ value, because: { says: `${requirement.name} needs it: ${file}:${line}`, where: requirement.where } });
    }
  }
  if (installedApps.includes('django.contrib.gis'))
    for (const value of spatial) add({ value, because: { says: 'django.contrib.gis needs it' } });
  const [catalogue] = uncompiledCatalogues(scan.files);
  if (catalogue !== undefined)
    add({
      value: 'gettext',
      because: {
        says: `${catalogue} is not compiled, and Django reads compiled ones alone`,
        where: { file: catalogue },
      },
    });
  for (const [file, text] of Object.entries(scan.texts)) {
    if (!/^(aptfile|apt\.txt)$/i.test(baseName(file)) || depthOf(file) > 0) continue;
    for (const [index, raw] of text.split('\n').entries()) {
      const value = raw.replace(/#.*$/, '').trim();
      // An Aptfile may also name addresses and repositories: those are not installed.
      if (/^[a-z0-9][a-z0-9+.-]*$/.test(value))
        add({ value, because: { says: `${file}:${index + 1}`, where: { file, line: index + 1 } } });
    }
  }
  return [...found.values()];
}

/** `written` is the requirement's line: an extra may ask for what is compiled. */
function needsOf(name: string, written: string): readonly string[] {
  if (name === 'psycopg' && /\[\s*(?:[\w-]+\s*,\s*)*c\s*[\],]/.test(written)) return ['libpq-dev', ...compiler];
  if (name === 'psycopg' && /\[[^\]]*binary/.test(written)) return [];
  return Object.hasOwn(needs, name) ? (needs[name] ?? []) : [];
}
