/** What visitors see while the application does not answer. It needs nothing else: no font, no image, no script. */
export const unavailablePage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="10">
<title>Back in a moment</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1.125rem/1.6 system-ui, sans-serif; }
main { max-width: 32rem; padding: 2rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; opacity: .8; }
</style>
</head>
<body>
<main>
<h1>Back in a moment</h1>
<p>This site is not answering just now. The page tries again by itself every ten seconds.</p>
<p>If you have just sent a form, check whether it arrived before you send it again.</p>
</main>
</body>
</html>
`;

/** What visitors see who send more than the site takes: one line, for edges that have it in their configuration. */
export function tooLargePage(limitMb: number): string {
  return line('Too large', `This site takes ${limitMb} MB at most in one request, and what you have sent is larger.`);
}

/**
 * What visitors see whose request has taken longer than the edge waits. It does not ask again by itself: that would start the same
 * work once more, beside what may still be going on.
 */
export function tooSlowPage(seconds: number): string {
  return line(
    'This takes too long',
    `The site has not answered this request within ${seconds} seconds. What you have sent may have arrived all the same: look before you send it again.</p><p>For whoever runs this site: <code>timeout_seconds</code> below <code>[web]</code> in roadie.toml moves that limit.`,
  );
}

function line(title: string, text: string): string {
  return `<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'><meta name=robots content=noindex><title>${title}</title><h1>${title}</h1><p>${text}</p></html>`;
}
