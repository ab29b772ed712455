//! What there is to say of a framework.

use super::Fact;
use crate::{
    ComputeCapability,
    solve::{
        Wish, rules,
        space::{Candidate, Slot, Space},
    },
};

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

pub(super) fn of_framework(space: &Space<'_>, slot: &Slot, others: &[&Wish]) -> Vec<Fact> {
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
pub(super) fn ends<T: Ord + ToString>(all: impl Iterator<Item = T>) -> Option<String> {
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
