import * as fc from 'fast-check';

/** Property tests draw the same values on every machine, so that a run can be repeated; FAST_CHECK_SEED draws others. */
fc.configureGlobal({ seed: Number(process.env['FAST_CHECK_SEED'] ?? 20_261_121) });
