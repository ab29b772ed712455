//! The facts behind a contradiction: for each wish in it, what the tables say that matters to the
//! others, with the row that says it.

mod framework;

use super::{
    Wish,
    rules::{self, Base},
    space::{Candidate, Space},
    wish::DriverWish,
};
use crate::{
    BaseImage, ComputeCapability, CudaVersion, Flavour, Platform, Toolkit, architecture,
    base_images, cudnn_releases, distribution, least_driver, least_driver_for_gpu, require_cuda,
    toolkit, toolkits,
};
use framework::{ends, of_framework};
use serde::Serialize;

/// What a table says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The fact, in a sentence without a full stop.
    pub text: String,
    /// Where it comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

impl Fact {
    fn new(text: String, source: &str, date: &str) -> Self {
        Self { text, source: source.to_owned(), date: date.to_owned() }
    }
}

/// What there is to say of a wish, where `members` are all wishes of the contradiction.
pub(super) fn facts(space: &Space<'_>, index: usize, members: &[usize]) -> Vec<Fact> {
    let others: Vec<&Wish> = members
        .iter()
        .filter(|other| **other != index)
        .map(|other| &space.asks[*other].wish)
        .collect();
    let wish = &space.asks[index].wish;
    let mut facts = match wish {
        Wish::Framework(wish) => {
            let slot = space.slots.iter().find(|slot| slot.framework == wish.framework);
            slot.map_or(Vec::new(), |slot| of_framework(space, slot, &others))
        }
        Wish::Python(_) => of_python(space, wish, &others),
        Wish::Cuda(_) => of_cuda(space, wish, &others),
        Wish::Cudnn(cudnn) => of_cudnn(cudnn.major),
        Wish::Gpu(gpu) => of_gpu(gpu.capability, &others),
        Wish::Driver(driver) => of_driver(space, *driver, &others),
        Wish::Os(os) => of_os(space, os, &others),
        Wish::SupportedOs(_) => of_support(space, &others),
        Wish::Flavour(flavour) => vec![of_flavour(*flavour)],
    };
    facts.dedup();
    facts
}

fn of_python(space: &Space<'_>, wish: &Wish, others: &[&Wish]) -> Vec<Fact> {
    let lines: Vec<_> =
        space.pythons.iter().copied().filter(|line| rules::allows_line(wish, *line)).collect();
    let of_table = ends(space.pythons.iter()).unwrap_or_default();
    let newest = space.slots.iter().filter(|slot| {
        let is_meant =
            |other: &&&Wish| matches!(other, Wish::Framework(it) if it.framework == slot.framework);
        others.iter().any(|other| is_meant(&other))
    });
    let facts: Vec<Fact> = newest
        .filter_map(|slot| {
            let fits = |candidate: &&Candidate| {
                candidate.build.pythons.iter().any(|python| lines.contains(python))
            };
            let newest = slot.candidates.iter().find(fits)?;
            let text = format!("the newest {} for {wish} is {}", slot.framework, newest.version);
            Some(Fact::new(text, &newest.build.source, &newest.build.date))
        })
        .collect();
    if !lines.is_empty() {
        return facts;
    }
    let text = format!("frameworks are built for Python {of_table}");
    let row = space.tables.builds.first();
    row.map(|row| Fact::new(text, &row.source, &row.date)).into_iter().collect()
}

fn of_cuda(space: &Space<'_>, wish: &Wish, others: &[&Wish]) -> Vec<Fact> {
    let bases: Vec<&BaseImage> = space
        .bases
        .iter()
        .filter(|base| rules::allows_base(wish, base, space.wishes))
        .map(|base| base.image)
        .collect();
    let Some(newest) = bases.last() else {
        let all = ends(space.bases.iter().map(|base| base.image.cuda)).unwrap_or_default();
        let row = base_images().last();
        let text = format!("no image of `nvidia/cuda` has it; there are {all}");
        return row.map(|row| Fact::new(text, &row.source, &row.date)).into_iter().collect();
    };
    let lines = ends(bases.iter().map(|base| base.cuda)).unwrap_or_default();
    let mut facts = Vec::new();
    if others.iter().any(|other| matches!(other, Wish::Os(_) | Wish::SupportedOs(_))) {
        let text = format!("the images of CUDA {lines} are on {}", names(&bases));
        facts.push(Fact::new(text, &newest.source, &newest.date));
    }
    for other in others {
        if let Wish::Gpu(gpu) = other
            && let Some(row) = toolkit(newest.cuda)
        {
            let text = format!(
                "CUDA {} builds for compute capability {} to {}, and not for {}",
                row.cuda, row.first_arch, row.last_arch, gpu.capability
            );
            facts.push(Fact::new(text, &row.source, &row.date));
        }
        if let Wish::Driver(driver) = other {
            let oldest = bases.first().map_or(newest.cuda, |base| base.cuda);
            facts.extend(needed_driver(oldest, driver.platform));
        }
    }
    let text = format!("the base has CUDA {lines}, and all of one image is of one major version");
    let plain = Fact::new(text, &newest.source, &newest.date);
    if facts.is_empty() { vec![plain] } else { facts }
}

fn names(bases: &[&BaseImage]) -> String {
    let mut all: Vec<&str> = bases.iter().map(|base| base.os.as_str()).collect();
    all.sort_unstable();
    all.dedup();
    all.join(", ")
}

fn needed_driver(cuda: CudaVersion, platform: Platform) -> Option<Fact> {
    let row = toolkit(cuda)?;
    let least = least_driver(row.cuda, platform)?.minor_compatible;
    let text = format!("CUDA {} needs driver {least} or newer", row.cuda);
    Some(Fact::new(text, &row.source, &row.date))
}

fn of_cudnn(major: u32) -> Vec<Fact> {
    let rows = || cudnn_releases().iter().filter(|row| row.cudnn.major == major);
    let majors = ends(rows().flat_map(|row| row.cuda_majors.iter()));
    let (Some(majors), Some(row)) = (majors, rows().next_back()) else {
        let row = cudnn_releases().last();
        let text = format!("the table has no cuDNN {major}");
        return row.map(|row| Fact::new(text, &row.source, &row.date)).into_iter().collect();
    };
    let text = format!("cuDNN {major} was released for CUDA {majors}");
    vec![Fact::new(text, &row.source, &row.date)]
}

fn of_gpu(capability: ComputeCapability, others: &[&Wish]) -> Vec<Fact> {
    let Some(row) = architecture(capability) else { return Vec::new() };
    let until = row.until.map_or(String::new(), |until| format!(" to {until}"));
    let text = format!(
        "{} (compute capability {capability}) is known to CUDA {}{until}{}",
        row.family,
        row.since,
        if until.is_empty() { " and newer" } else { "" },
    );
    let mut facts = vec![Fact::new(text, &row.source, &row.date)];
    facts.extend(others.iter().find_map(|other| match other {
        Wish::Driver(driver) => gpu_needs_driver(capability, driver),
        _ => None,
    }));
    facts
}

/// Where the driver is older than the GPU.
fn gpu_needs_driver(capability: ComputeCapability, driver: &DriverWish) -> Option<Fact> {
    let least = least_driver_for_gpu(capability, driver.platform)?;
    let row = architecture(capability).filter(|_| driver.version < least)?;
    let toolkit = toolkit(row.since)?;
    let text = format!(
        "no driver before branch {} knows it: that is the one of CUDA {}, the first for it",
        least.branch, row.since
    );
    Some(Fact::new(text, &toolkit.source, &toolkit.date))
}

fn of_driver(space: &Space<'_>, driver: DriverWish, others: &[&Wish]) -> Vec<Fact> {
    let least = |row: &Toolkit| Some(least_driver(row.cuda, driver.platform)?.minor_compatible);
    let newest =
        toolkits().iter().rfind(|row| least(row).is_some_and(|least| driver.version >= least));
    let Some(newest) = newest else {
        let first = toolkits().first();
        return first
            .and_then(|row| needed_driver(row.cuda, driver.platform))
            .into_iter()
            .collect();
    };
    let next = toolkits().iter().find(|row| row.cuda > newest.cuda);
    let next = next.and_then(|row| Some((row.cuda, least(row)?)));
    let text = format!(
        "driver {} runs CUDA up to {}; {}",
        driver.version,
        newest.cuda,
        next.map_or_else(
            || "nothing newer is known".to_owned(),
            |(cuda, least)| format!("CUDA {cuda} needs {least} or newer"),
        )
    );
    let mut facts = vec![Fact::new(text, &newest.source, &newest.date)];
    facts.extend(refusal(space, driver, others));
    facts
}

/// Where the driver would run the CUDA that the others leave, and the image does not let itself be
/// started on it.
fn refusal(space: &Space<'_>, driver: DriverWish, others: &[&Wish]) -> Option<Fact> {
    let fits =
        |base: &&Base| others.iter().all(|other| rules::allows_base(other, base, space.wishes));
    let mut left = space.bases.iter().filter(fits).map(|base| base.image);
    let data_center = space.wishes.only_data_center();
    let base = left.find(|base| {
        let runs = least_driver(base.cuda, driver.platform)
            .is_some_and(|least| driver.version >= least.minor_compatible);
        runs && !rules::is_let_in(base, driver, data_center)
    })?;
    let row = require_cuda(base.cuda)?;
    let branches: Vec<String> = row.branches.iter().map(ToString::to_string).collect();
    let branches = match branches.is_empty() {
        true => String::new(),
        false => format!(", or of branch {}", branches.join(", ")),
    };
    let text = format!(
        "the image of CUDA {} starts on drivers that report CUDA {} or newer{branches} \
         (`NVIDIA_REQUIRE_CUDA`)",
        base.cuda, row.at_least
    );
    Some(Fact::new(text, &row.source, &row.date))
}

fn of_os(space: &Space<'_>, os: &str, others: &[&Wish]) -> Vec<Fact> {
    let bases: Vec<&BaseImage> =
        space.bases.iter().map(|base| base.image).filter(|it| it.os == os).collect();
    let Some(newest) = bases.last() else {
        let row = base_images().last();
        let text = format!("no image of `nvidia/cuda` in the table is on {os}");
        return row.map(|row| Fact::new(text, &row.source, &row.date)).into_iter().collect();
    };
    let lines = ends(bases.iter().map(|base| base.cuda)).unwrap_or_default();
    let text = format!("the images on {os} have CUDA {lines}");
    let mut facts = vec![Fact::new(text, &newest.source, &newest.date)];
    if others.iter().any(|other| matches!(other, Wish::Framework(_)))
        && let Some(row) = distribution(os)
        && let Some((major, minor)) = row.glibc
    {
        let text = format!("{os} has glibc {major}.{minor}");
        facts.push(Fact::new(text, &row.source, &row.date));
    }
    facts
}

fn of_support(space: &Space<'_>, others: &[&Wish]) -> Vec<Fact> {
    let fits =
        |base: &&Base| others.iter().all(|other| rules::allows_base(other, base, space.wishes));
    let mut names: Vec<&str> =
        space.bases.iter().filter(fits).map(|base| base.image.os.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|os| rules::has_apt(os));
    let over = names.into_iter().filter_map(|os| {
        let row = distribution(os)?;
        row.is_over(space.wishes.today).filter(|over| *over)?;
        let text = format!("free support of {os} ended on {}", row.end_of_life?);
        Some(Fact::new(text, &row.source, &row.date))
    });
    over.collect()
}

fn of_flavour(flavour: Flavour) -> Fact {
    let has = match flavour {
        Flavour::Base => "CUDA's runtime library only",
        Flavour::Runtime => "CUDA's libraries, and neither the compiler nor NVVM",
        Flavour::Devel => "all of CUDA",
    };
    let text = format!("the flavour {flavour} has {has}");
    Fact::new(text, "NVIDIA container-images/cuda, Dockerfiles of the flavours", "2025-12-15")
}
