//! The facts behind a contradiction: for each wish in it, what the tables say that matters to the
//! others, with the row that says it.

use super::{
    Wish,
    rules::{self, Base},
    space::{Candidate, Slot, Space},
    wish::DriverWish,
};
use crate::{
    BaseImage, ComputeCapability, CudaVersion, Flavour, Platform, Toolkit, architecture,
    base_images, cudnn_releases, distribution, least_driver, require_cuda, toolkit, toolkits,
};
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
        Wish::Gpu(gpu) => of_gpu(gpu.capability),
        Wish::Driver(driver) => of_driver(space, *driver, &others),
        Wish::Os(os) => of_os(space, os, &others),
        Wish::SupportedOs(_) => of_support(space, &others),
        Wish::Flavour(flavour) => vec![of_flavour(*flavour)],
    };
    facts.dedup();
    facts
}

/// The candidates of a slot that its own wish allows.
fn allowed<'s>(space: &'s Space<'_>, slot: &'s Slot) -> Vec<&'s Candidate> {
    let wish = space
        .asks
        .iter()
        .map(|ask| &ask.wish)
        .find(|wish| matches!(wish, Wish::Framework(wish) if wish.framework == slot.framework));
    let is_allowed = |candidate: &&Candidate| {
        wish.is_none_or(|wish| rules::allows_build(wish, candidate.build, &candidate.version))
    };
    slot.candidates.iter().filter(is_allowed).collect()
}

fn of_framework(space: &Space<'_>, slot: &Slot, others: &[&Wish]) -> Vec<Fact> {
    let name = slot.framework;
    let candidates = allowed(space, slot);
    let (Some(newest), Some(oldest)) = (candidates.first(), candidates.last()) else {
        let all = (slot.candidates.last(), slot.candidates.first());
        let (Some(first), Some(last)) = all else { return Vec::new() };
        let text = format!(
            "the table has {name} {} to {}, and none of these is in the range",
            first.version, last.version
        );
        return vec![Fact::new(text, &last.build.source, &last.build.date)];
    };
    let what = match newest.version == oldest.version {
        true => format!("{name} {}", newest.version),
        false => format!("every {name} from {} to {}", oldest.version, newest.version),
    };
    let say = |text: String| Fact::new(text, &newest.build.source, &newest.build.date);
    let mut facts = Vec::new();
    for other in others {
        match other {
            Wish::Python(_) => {
                let all = candidates.iter().flat_map(|candidate| candidate.build.pythons.iter());
                facts.extend(
                    ends(all).map(|pythons| say(format!("{what} is for Python {pythons}"))),
                );
            }
            Wish::Framework(other) => {
                let slot = space.slots.iter().find(|slot| slot.framework == other.framework);
                let pair = slot.and_then(|slot| excluded(&candidates, &allowed(space, slot)));
                facts.extend(pair.or_else(|| Some(say(cuda_words(&what, &candidates)))));
                facts.extend(without_base(&candidates));
            }
            Wish::Cudnn(_) => {
                let of = candidates.iter().filter_map(|candidate| candidate.build.cudnn);
                facts.extend(ends(of).map(|cudnn| say(format!("{what} is for cuDNN {cudnn}"))));
            }
            Wish::Os(_) | Wish::SupportedOs(_) => {
                let glibc = candidates.iter().filter_map(|candidate| candidate.build.glibc).min();
                facts.extend(glibc.filter(|least| *least > (2, 17)).map(|(major, minor)| {
                    say(format!("{what} needs glibc {major}.{minor} or newer"))
                }));
                facts.push(say(cuda_words(&what, &candidates)));
            }
            Wish::Gpu(gpu) => facts.push(say(gpu_words(&what, &candidates, gpu.capability))),
            Wish::Flavour(_) => {
                let least = candidates.iter().map(|it| rules::least_flavour(it.build)).min();
                facts.extend(least.map(|least| say(format!("{what} needs the flavour {least}"))));
            }
            Wish::Cuda(_) | Wish::Driver(_) => {
                facts.push(say(cuda_words(&what, &candidates)));
                let own = candidates.iter().map(|candidate| candidate.build.least_driver).min();
                facts.extend(
                    own.flatten()
                        .filter(|_| matches!(other, Wish::Driver(_)))
                        .map(|least| say(format!("{what} needs driver {least} or newer"))),
                );
            }
        }
    }
    facts
}

/// `3.8 to 3.11`.
fn ends<T: Ord + ToString>(all: impl Iterator<Item = T>) -> Option<String> {
    let mut all: Vec<T> = all.collect();
    all.sort();
    let (first, last) = (all.first()?, all.last()?);
    Some(match first == last {
        true => first.to_string(),
        false => format!("{} to {}", first.to_string(), last.to_string()),
    })
}

fn cuda_words(what: &str, candidates: &[&Candidate]) -> String {
    let lines = |brings: bool| {
        let builds = candidates.iter().map(|candidate| candidate.build);
        ends(
            builds
                .filter(|build| build.brings_cuda == brings)
                .flat_map(|build| [build.cuda_first, build.cuda_last]),
        )
    };
    match (lines(true), lines(false)) {
        (Some(brought), None) => format!("{what} brings CUDA {brought}"),
        (Some(brought), Some(taken)) => {
            format!("{what} brings CUDA {brought}, or takes CUDA {taken} from the system")
        }
        (None, taken) => format!(
            "{what} takes CUDA {} from the system",
            taken.unwrap_or_else(|| "of an unknown version".to_owned())
        ),
    }
}

fn gpu_words(what: &str, candidates: &[&Candidate], capability: ComputeCapability) -> String {
    let lists = candidates.iter().map(|candidate| &candidate.build.capabilities);
    let shipped = ends(lists.flatten());
    match shipped {
        Some(shipped) => format!("{what} ships code for compute capability {shipped}"),
        None => {
            format!("{} and has no code for {capability}", cuda_words(what, candidates))
        }
    }
}

/// What the newest release requires of a package that one of the others requires in a version that
/// excludes it.
fn excluded(ours: &[&Candidate], theirs: &[&Candidate]) -> Option<Fact> {
    ours.iter().find_map(|one| {
        let package = theirs.iter().find_map(|other| one.excluded_by(other))?;
        let own = format!("{} {}", one.build.package, one.version);
        let Some((range, row)) = one.requirement(package) else {
            let text = format!("{own} is the newest that is allowed");
            return Some(Fact::new(text, &one.build.source, &one.build.date));
        };
        Some(Fact::new(format!("{own} requires `{package}{range}`"), &row.source, &row.date))
    })
}

/// A release that takes CUDA and cuDNN from the system, where no image has them.
fn without_base(candidates: &[&Candidate]) -> Option<Fact> {
    let one = candidates.iter().find(|one| one.bases.is_empty() && !one.build.brings_cuda)?;
    let cudnn = one.build.cudnn.map_or(String::new(), |cudnn| format!(" and cuDNN {cudnn}"));
    let text = format!(
        "{} {} takes CUDA {}{cudnn} from the system, and no image has them",
        one.build.package, one.version, one.build.cuda_last
    );
    Some(Fact::new(text, &one.build.source, &one.build.date))
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

fn of_gpu(capability: ComputeCapability) -> Vec<Fact> {
    let Some(row) = architecture(capability) else { return Vec::new() };
    let until = row.until.map_or(String::new(), |until| format!(" to {until}"));
    let text = format!(
        "{} (compute capability {capability}) is known to CUDA {}{until}{}",
        row.family,
        row.since,
        if until.is_empty() { " and newer" } else { "" },
    );
    vec![Fact::new(text, &row.source, &row.date)]
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
