/** Content types by extension: what web projects serve. Our own, so that a host's edited /etc/nginx changes nothing here. */
const types: Readonly<Record<string, string>> = {
  'text/html': 'html htm shtml',
  'text/css': 'css',
  'text/javascript': 'js mjs cjs',
  'application/json': 'json map',
  'application/ld+json': 'jsonld',
  'application/geo+json': 'geojson',
  'application/manifest+json': 'webmanifest',
  'application/wasm': 'wasm',
  'text/xml': 'xml',
  'application/rss+xml': 'rss',
  'application/atom+xml': 'atom',
  'application/xhtml+xml': 'xhtml',
  'application/xslt+xml': 'xsl xslt',
  'text/plain': 'txt log',
  'text/csv': 'csv',
  'text/markdown': 'md',
  'text/calendar': 'ics',
  'text/vcard': 'vcf',
  'text/vtt': 'vtt',
  'image/svg+xml': 'svg svgz',
  'image/png': 'png',
  'image/jpeg': 'jpg jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/bmp': 'bmp',
  'image/tiff': 'tif tiff',
  'image/x-icon': 'ico',
  'font/woff': 'woff',
  'font/woff2': 'woff2',
  'font/ttf': 'ttf',
  'font/otf': 'otf',
  'application/vnd.ms-fontobject': 'eot',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg oga opus',
  'audio/mp4': 'm4a',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'video/mp4': 'mp4 m4v',
  'video/webm': 'webm',
  'video/ogg': 'ogv',
  'video/quicktime': 'mov',
  'application/vnd.apple.mpegurl': 'm3u8',
  'video/mp2t': 'ts',
  'application/pdf': 'pdf',
  'application/rtf': 'rtf',
  'application/epub+zip': 'epub',
  'application/zip': 'zip',
  'application/gzip': 'gz tgz',
  'application/x-7z-compressed': '7z',
  'application/x-tar': 'tar',
  'application/msword': 'doc',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.ms-powerpoint': 'ppt',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'application/vnd.oasis.opendocument.text': 'odt',
  'application/vnd.oasis.opendocument.spreadsheet': 'ods',
};

/** Types worth compressing on the way; text/html always is. */
export const compressibleTypes: readonly string[] = [
  'text/css',
  'text/javascript',
  'text/plain',
  'text/xml',
  'text/csv',
  'text/markdown',
  'text/calendar',
  'text/vtt',
  'application/javascript',
  'application/json',
  'application/ld+json',
  'application/geo+json',
  'application/manifest+json',
  'application/problem+json',
  'application/xml',
  'application/rss+xml',
  'application/atom+xml',
  'application/xhtml+xml',
  'application/wasm',
  'image/svg+xml',
  'image/x-icon',
  'font/ttf',
  'font/otf',
  'application/vnd.ms-fontobject',
];

/** The `types` block. */
export function mimeTypes(): string {
  const lines = Object.entries(types).map(([type, extensions]) => `    ${type} ${extensions};`);
  return `types {\n${lines.join('\n')}\n}\n`;
}

/**
 * Endings of static files that a release compresses beforehand: what is text, or compresses as text does (fonts in WOFF, pictures
 * and films are compressed already). For all others NGINX need not look for a compressed copy.
 */
export const compressedEndings: readonly string[] =
  'css js mjs cjs json map svg html htm xml txt md csv tsv webmanifest manifest wasm ttf otf eot ico bmp rss atom xsl xslt geojson topojson vtt srt yaml yml ics'.split(
    ' ',
  );
