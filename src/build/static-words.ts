/**
 * The static file that collectstatic says is missing, and the file that refers to it. Django tells them apart: `Post-processing
 * 'site.css' failed!` by collectstatic, the missing one by its storage's error; WhiteNoise tells both in one.
 */
export function missingStatic(stderr: string): { readonly missing?: string; readonly from?: string } {
  const missing = /(?:The file|Missing staticfiles manifest entry for) '([^']+)'(?: could not be found)?/.exec(
    stderr,
  )?.[1];
  const from =
    /The \S+ file '([^']+)' references a file which could not be found/.exec(stderr)?.[1] ??
    /Post-processing '([^']+)' failed!/.exec(stderr)?.[1];
  return {
    ...(missing !== undefined && { missing }),
    // What no file refers to, Django calls so.
    ...(from !== undefined && from !== 'All' && { from }),
  };
}

/** Whether django-compressor's `compress` failed for there being nothing to compress: its pages then name the files themselves. */
export function compressesNothing(stderr: string): boolean {
  return nothingCompressed.test(stderr);
}

/** What it says then. */
export const nothingCompressed: RegExp =
  /Compressor is disabled|Offline compression is disabled|OfflineGenerationError: No/;
