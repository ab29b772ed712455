//! The plain way to solve: every combination of the rows is tried, with the rules written out once
//! more. It shares no code with the search, and is far too slow for more than a few rows.

use super::{FrameworkWish, Tables, Wishes};
use crate::{
    BaseImage, CudaVersion, Flavour, Framework, FrameworkBuild, Platform, PythonVersion, TagState,
    architectures, cudnn_for_cuda_major, cudnn_least_capability, distribution, least_driver,
    least_driver_for_gpu, machine_code_runs_on, newest_cuda_for, require_cuda, requirements_of,
};
use pep440_rs::{Version, VersionSpecifiers};
use std::cmp::Reverse;

pub(super) type Pick = (Framework, Version, &'static FrameworkBuild);

/// A combination.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Set {
    pub(super) base: &'static BaseImage,
    pub(super) python: PythonVersion,
    pub(super) picks: Vec<Pick>,
}

/// The order in which one set is better than another.
pub(super) type Merit = (
    Vec<Version>,
    (bool, Reverse<usize>, bool),
    (CudaVersion, PythonVersion, Option<jiff::civil::Date>),
    Vec<(bool, bool)>,
);

/// Every set that fits.
pub(super) fn all(tables: &Tables, wishes: &Wishes) -> Vec<Set> {
    if let Some(driver) = wishes.driver {
        let least =
            |gpu: &crate::GpuCapability| least_driver_for_gpu(gpu.capability, driver.platform);
        if wishes.gpus.iter().filter_map(least).any(|least| least > driver.version) {
            return Vec::new();
        }
    }
    let mut pythons: Vec<PythonVersion> =
        tables.builds.iter().flat_map(|build| build.pythons.clone()).collect();
    pythons.sort();
    pythons.dedup();
    let mut found = Vec::new();
    for base in &tables.bases {
        if !base_is_allowed(base, wishes) {
            continue;
        }
        for python in &pythons {
            if wishes.python.as_ref().is_some_and(|range| !python_in(range, *python)) {
                continue;
            }
            let mut sets = vec![Set { base, python: *python, picks: Vec::new() }];
            for framework in frameworks(wishes) {
                sets = grow(tables, wishes, framework, &sets);
            }
            found.extend(sets);
        }
    }
    found
}

fn frameworks(wishes: &Wishes) -> Vec<Framework> {
    let mut all: Vec<Framework> = Vec::new();
    for wish in &wishes.frameworks {
        if !all.contains(&wish.framework) {
            all.push(wish.framework);
        }
    }
    let last = [Framework::Cupy, Framework::Numba, Framework::NumbaCuda];
    let (mut order, foundations): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|framework| !last.contains(framework));
    order.extend(foundations);
    order
}

fn grow(tables: &Tables, wishes: &Wishes, framework: Framework, sets: &[Set]) -> Vec<Set> {
    let mut grown = Vec::new();
    for set in sets {
        for build in tables.builds.iter().filter(|build| build.framework == framework) {
            for version in &build.versions {
                let mut next = set.clone();
                next.picks.push((framework, version.clone(), build));
                if last_fits(&next, wishes) {
                    grown.push(next);
                }
            }
        }
    }
    grown
}

fn last_fits(set: &Set, wishes: &Wishes) -> bool {
    let (last, before) = set.picks.split_last().unwrap();
    let (framework, version, build) = last;
    let in_range =
        |wish: &FrameworkWish| wish.framework != *framework || wish.range.contains(version);
    wishes.frameworks.iter().all(in_range)
        && build.pythons.contains(&set.python)
        && stands_on(build, set.base)
        && runs(build, wishes)
        && before.iter().all(|other| together(last, other))
}

fn together(one: &Pick, other: &Pick) -> bool {
    if let (Some(one), Some(other)) = (one.2.cudnn, other.2.cudnn)
        && one.major != other.major
    {
        return false;
    }
    let of = |pick: &Pick| requirements_of(&pick.2.package, pick.2.index.as_deref(), &pick.1);
    let name = |pick: &Pick| pick.2.package.split('[').next().unwrap().to_owned();
    for (one, other) in [(one, other), (other, one)] {
        let Some(row) = of(one) else { continue };
        if row.requires.get(&name(other)).is_some_and(|range| !range.contains(&other.1)) {
            return false;
        }
        for (package, range) in &row.requires {
            let with = of(other).and_then(|row| row.requires.get(package));
            if with.is_some_and(|with| !meet(range, with)) {
                return false;
            }
        }
    }
    true
}

/// Tries every version that either range names, and zero.
fn meet(one: &VersionSpecifiers, other: &VersionSpecifiers) -> bool {
    let both: Vec<_> = one
        .iter()
        .chain(other.iter())
        .filter(|range| !range.to_string().starts_with("!="))
        .collect();
    let zero: Version = "0".parse().unwrap();
    let named = both.iter().map(|range| range.version());
    named.chain([&zero]).any(|version| both.iter().all(|range| range.contains(version)))
}

fn flavour_of(build: &FrameworkBuild) -> Flavour {
    if build.brings_cuda {
        Flavour::Base
    } else if build.framework == Framework::Numba {
        Flavour::Devel
    } else {
        Flavour::Runtime
    }
}

fn stands_on(build: &FrameworkBuild, base: &BaseImage) -> bool {
    let glibc = distribution(&base.os).and_then(|row| row.glibc);
    if let (Some(needs), Some(has)) = (build.glibc, glibc)
        && has < needs
    {
        return false;
    }
    if build.brings_cuda {
        return base.cuda.major >= build.cuda_first.major
            && base.cuda.major <= build.cuda_last.major;
    }
    let line = base.cuda.minor_line();
    if line < build.cuda_first || line > build.cuda_last {
        return false;
    }
    let flavour = flavour_of(build);
    if !base.flavours.contains(&flavour) {
        return false;
    }
    let Some(cudnn) = build.cudnn else { return true };
    let infix = base.cudnn_infix.clone().unwrap_or_default();
    let major = base.cudnn.map(|it| it.major).or_else(|| infix.replace("cudnn", "").parse().ok());
    base.cudnn_flavours.iter().any(|it| *it >= flavour)
        && major.is_none_or(|major| major == cudnn.major)
        && base.cudnn.is_none_or(|has| has >= cudnn)
}

fn runs(build: &FrameworkBuild, wishes: &Wishes) -> bool {
    if let Some(wish) = wishes.cudnn
        && build.cudnn.is_some_and(|cudnn| cudnn.major != wish.major)
    {
        return false;
    }
    if wishes.flavour.is_some_and(|flavour| flavour < flavour_of(build)) {
        return false;
    }
    for gpu in &wishes.gpus {
        let cc = gpu.capability;
        let floor = build.cudnn.and_then(cudnn_least_capability);
        let by_cuda = architectures().iter().any(|row| {
            let in_time = row.since <= build.cuda_last
                && row.until.is_none_or(|until| until >= build.cuda_first);
            in_time && machine_code_runs_on(row.cc, cc)
        });
        let runs = match build.runs_on(cc) {
            Some(runs) => runs,
            None => by_cuda,
        };
        if !runs || floor.is_some_and(|floor| floor > cc) {
            return false;
        }
    }
    let Some(driver) = wishes.driver else { return true };
    let least = least_driver(build.cuda_first, driver.platform).unwrap();
    let own = build.least_driver.filter(|_| driver.platform == Platform::Linux);
    driver.version >= least.minor_compatible && own.is_none_or(|own| driver.version >= own)
}

fn base_is_allowed(base: &BaseImage, wishes: &Wishes) -> bool {
    if base.state == TagState::Deleted {
        return false;
    }
    let os = distribution(&base.os);
    let os_fits = match &wishes.os {
        Some(wish) => *wish == base.os,
        None => {
            let apt = ["ubuntu", "debian"].iter().any(|name| base.os.starts_with(name));
            apt && os.and_then(|row| row.end_of_life).is_some_and(|end| wishes.today <= end)
        }
    };
    let cuda: Version = base.cuda.to_string().parse().unwrap();
    if !os_fits || wishes.cuda.as_ref().is_some_and(|range| !range.contains(&cuda)) {
        return false;
    }
    if let Some(wish) = wishes.cudnn {
        let mut released = cudnn_for_cuda_major(base.cuda.major);
        let by_pip = released.any(|row| wish.is_met_by(row.cudnn));
        if !by_pip && !base.cudnn.is_some_and(|cudnn| wish.is_met_by(cudnn)) {
            return false;
        }
    }
    for gpu in &wishes.gpus {
        let builds = architectures().iter().filter(|row| row.is_built_by(base.cuda));
        if !builds.clone().any(|row| machine_code_runs_on(row.cc, gpu.capability)) {
            return false;
        }
    }
    let Some(driver) = wishes.driver else { return true };
    let runs = least_driver(base.cuda, driver.platform).unwrap().minor_compatible;
    let tesla =
        !wishes.gpus.is_empty() && wishes.gpus.iter().all(|gpu| gpu.data_center == Some(true));
    let let_in = require_cuda(base.cuda).is_none_or(|asks| match driver.platform {
        Platform::Linux => asks.accepts(driver.version, tesla),
        Platform::Windows => newest_cuda_for(driver.version, Platform::Windows)
            .is_none_or(|cuda| cuda.minor_line() >= asks.at_least),
    });
    driver.version >= runs && let_in
}

fn python_in(range: &VersionSpecifiers, python: PythonVersion) -> bool {
    let some = (0..40).map(|patch| format!("{python}.{patch}").parse::<Version>().unwrap());
    some.chain([python.to_string().parse().unwrap()]).any(|version| range.contains(&version))
}

/// How good a set is.
pub(super) fn merit(set: &Set, wishes: &Wishes) -> Merit {
    let exact = |cuda: CudaVersion| {
        wishes.driver.is_none_or(|driver| {
            let least = least_driver(cuda, driver.platform).unwrap().exact;
            least.is_some_and(|least| driver.version >= least)
        })
    };
    let builds = || set.picks.iter().map(|pick| pick.2);
    let other = builds().filter(|build| build.brings_cuda && !build.works_with(set.base.cuda));
    let driver = exact(set.base.cuda) && builds().all(|build| exact(build.cuda_first));
    let published = set.base.state == TagState::Published;
    let end = distribution(&set.base.os).and_then(|row| row.end_of_life);
    (
        set.picks.iter().map(|pick| pick.1.clone()).collect(),
        (driver, Reverse(other.count()), published),
        (set.base.cuda, set.python, end),
        builds().map(|build| (build.brings_cuda, build.index.is_none())).collect(),
    )
}
