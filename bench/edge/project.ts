import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** What all contenders serve: a picture of 10 KB, about 100 KB of text as CSS and as HTML, and one Django view. */
export type Material = {
  readonly folder: string;
  readonly static: string;
  readonly pictureBytes: number;
  readonly textBytes: number;
};

/** Writes the Django project and its static files, the text ones with their compressed copies beside them. */
export async function makeMaterial(folder: string): Promise<Material> {
  const files = join(folder, 'static');
  await mkdir(files, { recursive: true });
  const picture = randomBytes(10 * 1024);
  const css = styleSheet();
  await writeFile(join(files, 'picture.png'), picture);
  for (const [name, text] of [
    ['text.css', css],
    ['text.html', `<!doctype html><title>t</title><style>${css}</style>`],
  ] as const) {
    await writeFile(join(files, name), text);
    await writeFile(join(files, `${name}.gz`), gzipSync(text, { level: 9 }));
    await writeFile(
      join(files, `${name}.br`),
      brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    );
  }
  await writeFile(join(folder, 'plain.py'), settings(usual));
  await writeFile(join(folder, 'noise.py'), settings(['whitenoise.middleware.WhiteNoiseMiddleware', ...usual], files));
  return { folder, static: files, pictureBytes: picture.length, textBytes: css.length };
}

/** Of startproject's middleware what does something for a view without a session. */
const usual = [
  'django.middleware.security.SecurityMiddleware',
  'django.middleware.common.CommonMiddleware',
  'django.middleware.clickjacking.XFrameOptionsMiddleware',
];

/** A whole Django project in one module. */
function settings(middleware: readonly string[], whitenoise?: string): string {
  return `import sys
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    ROOT_URLCONF=__name__, SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], DEBUG=False, USE_TZ=True,
    MIDDLEWARE=${JSON.stringify(middleware)}, STATIC_URL="/static/",${whitenoise === undefined ? '' : ` STATIC_ROOT=${JSON.stringify(whitenoise)},`}
)


def hello(request):
    return HttpResponse("<!doctype html><title>Hello</title><p>Hello from Django.</p>")


urlpatterns = [path("", hello)]
application = get_wsgi_application()
`;
}

/** Rules as a large project's style sheet has them: compresses about as well as real ones do. */
function styleSheet(): string {
  const words = [
    'card',
    'panel',
    'header',
    'list',
    'item',
    'button',
    'field',
    'label',
    'menu',
    'topic',
    'reply',
    'avatar',
    'badge',
    'crumb',
    'page',
  ];
  const rules = [
    'margin',
    'padding',
    'width',
    'max-width',
    'gap',
    'border-radius',
    'font-size',
    'line-height',
    'top',
    'left',
    'min-height',
    'flex-basis',
  ];
  let seed = 42;
  const pick = <T>(from: readonly [T, ...T[]] | readonly T[]): T => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return from[Math.floor((seed / 2_147_483_648) * from.length)] as T;
  };
  const number = () => pick(Array.from({ length: 400 }, (_value, index) => index));
  let text = '';
  while (text.length < 100 * 1024) {
    text += `.${pick(words)}-${pick(words)} > .${pick(words)}:nth-child(${number()}) {\n  ${pick(rules)}: ${number()}px;\n  ${pick(rules)}: ${number()}.${number()}rem;\n  color: #${number().toString(16).padStart(3, '0')};\n}\n`;
  }
  return text;
}
