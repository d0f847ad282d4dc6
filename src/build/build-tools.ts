/** What the build of an older package says where a build tool has dropped what it uses → the last versions that have it. */
const dropped: readonly { readonly says: RegExp; readonly older: string }[] = [
  // setuptools 58: https://setuptools.pypa.io/en/latest/history.html#v58-0-0
  { says: /use_2to3 is invalid/, older: 'setuptools<58' },
  // Names of distutils in setuptools itself, the command `test`, and pkg_resources went one after the other from 69 on.
  {
    says: /cannot import name '\w+' from 'setuptools|module 'setuptools(?:\.\w+)*' has no attribute|No module named '(?:pkg_resources|setuptools\.\w+(?:\.\w+)*)'/,
    older: 'setuptools<69',
  },
  // Cython 3 without the old build_ext: https://github.com/yaml/pyyaml/issues/724
  { says: /AttributeError: cython_sources/, older: 'cython<3' },
];

/** The constraints with which a failed build of a requirement may go well; none where the build tools are not at fault. */
export function olderBuildTools(output: string): readonly string[] {
  if (!/Failed to build|build backend|get_requires_for_build/i.test(output)) return [];
  const first = dropped.find(({ says }) => says.test(output));
  return first ? [first.older] : [];
}
