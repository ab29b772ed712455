//! From `[frameworks]` to what pip is asked for: the package, its extra and the index for this CUDA
//! and Python.

use crate::{PipRequirement, Place, Placed, Spec, Stack};
use cuda_compat::{CudaVersion, Framework, FrameworkBuild, framework_builds};
use pep440_rs::{Version, VersionSpecifiers};

/// A requirement for each framework of the specification.
pub(super) fn requirements(spec: &Spec) -> Vec<Placed<PipRequirement>> {
    let all = spec.frameworks.iter().filter_map(|(framework, range)| {
        let asked = requirement(*framework, range, &spec.stack)?;
        Some(Placed::new(asked, Place::key("frameworks").inner(framework)))
    });
    all.collect()
}

fn requirement(
    framework: Framework,
    range: &VersionSpecifiers,
    stack: &Stack,
) -> Option<PipRequirement> {
    let rows = framework_builds().iter().filter(|row| row.framework == framework);
    let whole = rows.filter(|row| !row.package.ends_with("-local]"));
    let best = whole.max_by_key(|row| worth(row, range, stack))?;
    let requirement = format!("{}{}", best.package, range).parse().ok()?;
    let index = best.index.as_deref().map(|index| match index {
        "pypi.nvidia.com" => "https://pypi.nvidia.com".to_owned(),
        name => format!("https://download.pytorch.org/whl/{name}"),
    });
    Some(PipRequirement { requirement, index, hashed: false })
}

/// How well a build serves: what must hold first, then what is better.
type Worth = (bool, bool, bool, bool, bool, Option<&'static Version>, bool);

fn worth(row: &'static FrameworkBuild, range: &VersionSpecifiers, stack: &Stack) -> Worth {
    let newest = row.versions.iter().filter(|version| range.contains(version)).max();
    let python = stack.python.is_none_or(|it| row.pythons.contains(&it.minor_line()));
    let same_line = stack.cuda.is_none_or(|cuda| row.works_with(cuda));
    (
        stack.cuda.is_none_or(|cuda| fits(row, cuda)),
        newest.is_some(),
        python,
        same_line,
        row.brings_cuda,
        newest,
        // On PyPI, tomorrow's release may be built for another CUDA.
        row.index.is_some(),
    )
}

/// Wheels that bring their CUDA run beside any other of the same major.
fn fits(row: &FrameworkBuild, cuda: CudaVersion) -> bool {
    if row.brings_cuda { row.cuda_last.major == cuda.major } else { row.works_with(cuda) }
}
