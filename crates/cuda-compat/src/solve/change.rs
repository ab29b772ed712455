//! What would have to change so that everything fits.
//!
//! First every single wish that helps when it is changed, then pairs, and so on until some set of
//! changes helps. Of the values that a wish could have instead, the nearest one that fits is named.

use super::{
    Answer, DriverWish, Fit, Step, Wish, Wishes,
    contradiction::bits,
    rules,
    space::{Asked, Space, full},
    wish::{FrameworkWish, short},
};
use crate::{
    CudaVersion, DriverVersion, Flavour, PythonVersion, base_images, least_driver,
    least_driver_for_gpu, require_cuda, toolkits,
};
use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

/// A change of the wishes after which everything fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What changes, one entry for each wish.
    pub steps: Vec<Step>,
    /// The wishes with these changes.
    pub wishes: Wishes,
    /// What fits then.
    pub fit: Fit,
}

/// How many changes are named.
const MOST: usize = 5;

/// The changes that are enough, the least first.
pub(super) fn nearest(space: &Space<'_>) -> Vec<Change> {
    let count = space.asks.len();
    for size in 1..=count {
        let mut helping: Vec<u64> = subsets(count, size)
            .filter(|left_out| space.is_possible(&Asked::these(full(count) & !left_out)))
            .collect();
        helping.sort_by_key(|left_out| cost(space, *left_out));
        helping.truncate(2 * MOST);
        let mut changes: Vec<(u32, Change)> = helping
            .into_iter()
            .filter_map(|left_out| change(space, left_out))
            .map(|change| (change.steps.iter().map(Step::cost).sum(), change))
            .collect();
        changes.sort_by_key(|(cost, _)| *cost);
        changes.truncate(MOST);
        if !changes.is_empty() {
            return changes.into_iter().map(|(_, change)| change).collect();
        }
    }
    Vec::new()
}

/// All sets of `size` numbers below `count`, as bits.
fn subsets(count: usize, size: usize) -> impl Iterator<Item = u64> {
    let first = full(size);
    let end = full(count);
    std::iter::successors(Some(first), move |set| {
        // The next greater number with as many bits.
        let low = set & set.wrapping_neg();
        let ripple = set.checked_add(low)?;
        let next = (((ripple ^ set) >> 2) / low) | ripple;
        (next <= end).then_some(next)
    })
    .take_while(move |set| *set <= end)
}

fn cost(space: &Space<'_>, left_out: u64) -> u32 {
    bits(left_out).map(|index| base_cost(&space.asks[index].wish)).sum()
}

/// What is easy to change comes first: what is decided in the image, then what machines have to get,
/// then what the product is for.
fn base_cost(wish: &Wish) -> u32 {
    match wish {
        Wish::Flavour(_) => 1,
        Wish::Cudnn(_) => 2,
        Wish::Python(_) => 3,
        Wish::Os(_) => 4,
        Wish::Cuda(_) => 5,
        Wish::Framework(_) => 6,
        Wish::Driver(_) => 7,
        Wish::SupportedOs(_) => 9,
        Wish::Gpu(_) => 20,
    }
}

/// A value that a wish could have instead, and what is left with it.
struct Instead {
    step: Step,
    wish: Option<Wish>,
}

/// Without these wishes something fits: finds for each the nearest other value.
fn change(space: &Space<'_>, left_out: u64) -> Option<Change> {
    let mut asked = Asked::these(full(space.asks.len()) & !left_out);
    let mut narrowed: Vec<Wish> = Vec::new();
    let mut steps = Vec::new();
    for index in bits(left_out) {
        let ask = &space.asks[index];
        let any = Asked { any_version: asked.any_version | 1 << index, ..asked };
        // Where no version of a framework fits, only being without it is left.
        let keeps = matches!(ask.wish, Wish::Framework(_)) && fits(space, &any, &narrowed);
        if keeps {
            asked = any;
        }
        let found = instead(space, &ask.wish).into_iter().find(|other| {
            let is_version = matches!(other.step, Step::Framework(..));
            (keeps || !is_version) && fits(space, &asked, &with(&narrowed, other))
        })?;
        narrowed.extend(found.wish);
        steps.push(found.step);
    }
    steps.sort_by_key(Step::cost);
    let wishes = changed(space, left_out, narrowed);
    match super::solve_with(space.tables, &wishes) {
        Answer::Fits(fit) => Some(Change { steps, wishes, fit: *fit }),
        Answer::Contradiction(_) => None,
    }
}

/// The wishes without those that are left out, and with what is there instead.
fn changed(space: &Space<'_>, left_out: u64, instead: Vec<Wish>) -> Wishes {
    let kept = (0..space.asks.len()).filter(|index| left_out >> index & 1 == 0);
    let mut wishes = Wishes::on(space.wishes.today);
    // The order of the frameworks is an order of importance.
    let mut all: Vec<Wish> = kept.map(|index| space.asks[index].wish.clone()).collect();
    all.extend(instead);
    for wish in all {
        match wish {
            Wish::Framework(wish) => wishes.frameworks.push(wish),
            Wish::Python(range) => wishes.python = Some(range),
            Wish::Cuda(range) => wishes.cuda = Some(range),
            Wish::Cudnn(cudnn) => wishes.cudnn = Some(cudnn),
            Wish::Gpu(gpu) => wishes.gpus.push(gpu),
            Wish::Driver(driver) => wishes.driver = Some(driver),
            Wish::Os(os) => wishes.os = Some(os),
            Wish::SupportedOs(_) => {}
            Wish::Flavour(flavour) => wishes.flavour = Some(flavour),
        }
    }
    let place =
        |wish: &FrameworkWish| space.slots.iter().position(|slot| slot.framework == wish.framework);
    wishes.frameworks.sort_by_key(place);
    wishes
}

fn with(narrowed: &[Wish], other: &Instead) -> Vec<Wish> {
    narrowed.iter().cloned().chain(other.wish.clone()).collect()
}

fn fits(space: &Space<'_>, asked: &Asked, narrowed: &[Wish]) -> bool {
    space.is_possible_with(asked, narrowed)
}

/// Every value that a wish could have instead, the nearest first; last, to be without it.
fn instead(space: &Space<'_>, wish: &Wish) -> Vec<Instead> {
    let give_up = |step| Instead { step, wish: None };
    match wish {
        Wish::Framework(wish) => {
            let mut all: Vec<Instead> = versions_by_distance(space, wish)
                .into_iter()
                .map(|to| to_version(wish, to))
                .collect();
            all.push(give_up(Step::WithoutFramework(wish.framework)));
            all
        }
        Wish::Python(range) => {
            let mut all = by_distance(&space.pythons, |python| rules::allows_line(wish, *python));
            all.dedup();
            all.into_iter().map(|to| to_python(range, to)).collect()
        }
        Wish::Cuda(range) => {
            cuda_by_distance(space, wish, range).into_iter().map(|to| to_cuda(range, to)).collect()
        }
        Wish::Cudnn(cudnn) => [9, 8]
            .into_iter()
            .filter(|major| *major != cudnn.major)
            .filter_map(|major| Some((major, major.to_string().parse().ok()?)))
            .map(|(major, to)| Instead {
                step: Step::Cudnn(*cudnn, major),
                wish: Some(Wish::Cudnn(to)),
            })
            .chain([give_up(Step::Without(wish.clone()))])
            .collect(),
        Wish::Driver(driver) => drivers_after(driver)
            .into_iter()
            .map(|version| Instead {
                step: Step::Driver(*driver, version),
                wish: Some(Wish::Driver(DriverWish { version, ..*driver })),
            })
            .chain([give_up(Step::Without(wish.clone()))])
            .collect(),
        Wish::Os(os) => other_distributions(space)
            .into_iter()
            .map(|(to, is_over)| Instead {
                step: if is_over {
                    Step::EndedOs(to.clone())
                } else {
                    Step::Os(os.clone(), to.clone())
                },
                wish: Some(Wish::Os(to)),
            })
            .collect(),
        Wish::SupportedOs(_) => other_distributions(space)
            .into_iter()
            .map(|(to, is_over)| Instead {
                step: if is_over { Step::EndedOs(to.clone()) } else { Step::NamedOs(to.clone()) },
                wish: Some(Wish::Os(to)),
            })
            .collect(),
        Wish::Flavour(flavour) => Flavour::ALL
            .into_iter()
            .filter(|to| to > flavour)
            .map(|to| Instead { step: Step::Flavour(*flavour, to), wish: Some(Wish::Flavour(to)) })
            .collect(),
        Wish::Gpu(_) => vec![give_up(Step::Without(wish.clone()))],
    }
}

fn exactly(version: Version) -> VersionSpecifiers {
    VersionSpecifier::equals_version(version).into()
}

fn to_version(wish: &FrameworkWish, to: Version) -> Instead {
    let exact = FrameworkWish::new(wish.framework, exactly(to.clone()));
    Instead { step: Step::Framework(wish.clone(), to), wish: Some(Wish::Framework(exact)) }
}

fn to_python(range: &VersionSpecifiers, to: PythonVersion) -> Instead {
    let line = Version::new([u64::from(to.major), u64::from(to.minor)]);
    let exact = VersionSpecifier::equals_star_version(line).into();
    Instead { step: Step::Python(range.clone(), to), wish: Some(Wish::Python(exact)) }
}

fn to_cuda(range: &VersionSpecifiers, to: CudaVersion) -> Instead {
    let parts = [Some(to.major), Some(to.minor), to.patch];
    let exact = exactly(Version::new(parts.into_iter().flatten().map(u64::from)));
    Instead { step: Step::Cuda(range.clone(), to), wish: Some(Wish::Cuda(exact)) }
}

/// The values by their distance, in places, from those that are allowed; of two that are as far the
/// newer first. Where none is allowed, the newest first.
fn by_distance<T: Copy>(sorted: &[T], allowed: impl Fn(&T) -> bool) -> Vec<T> {
    let at: Vec<usize> = (0..sorted.len()).filter(|index| allowed(&sorted[*index])).collect();
    let distance = |index: usize| {
        let to_end = sorted.len() - index;
        at.iter().map(|allowed| allowed.abs_diff(index)).min().unwrap_or(to_end)
    };
    let mut order: Vec<usize> = (0..sorted.len()).rev().collect();
    order.sort_by_key(|index| distance(*index));
    order.into_iter().map(|index| sorted[index]).collect()
}

/// Every CUDA of the images: the lines by their distance, of a line the newest release first.
fn cuda_by_distance(space: &Space<'_>, wish: &Wish, range: &VersionSpecifiers) -> Vec<CudaVersion> {
    let mut lines: Vec<CudaVersion> =
        space.bases.iter().map(|base| base.image.cuda.minor_line()).collect();
    lines.sort_unstable();
    lines.dedup();
    let allowed = |line: &CudaVersion| {
        let mut of_line = space.bases.iter().filter(|base| base.image.cuda.minor_line() == *line);
        of_line.any(|base| rules::allows_base(wish, base, space.wishes))
    };
    let mut near = by_distance(&lines, allowed);
    // A line without images has no place among the others: its number says what is near.
    if let Ok(wished) = short(range).parse::<CudaVersion>()
        && !lines.iter().any(allowed)
    {
        near.sort_by_key(|line| {
            let far = line.major.abs_diff(wished.major);
            (far, line.minor.abs_diff(wished.minor), std::cmp::Reverse(*line))
        });
    }
    let releases = |line: CudaVersion| {
        let of_line = space.bases.iter().rev().map(|base| base.image.cuda);
        of_line.filter(move |cuda| cuda.minor_line() == line)
    };
    let mut all: Vec<CudaVersion> = near.into_iter().flat_map(releases).collect();
    all.dedup();
    all
}

fn versions_by_distance(space: &Space<'_>, wish: &FrameworkWish) -> Vec<Version> {
    let slot = space.slots.iter().find(|slot| slot.framework == wish.framework);
    let mut versions: Vec<&Version> =
        slot.iter().flat_map(|slot| &slot.candidates).map(|candidate| &candidate.version).collect();
    versions.sort();
    versions.dedup();
    let near = by_distance(&versions, |version| wish.range.contains(version));
    near.into_iter().cloned().collect()
}

/// Every driver from which on something more runs, after this one.
fn drivers_after(driver: &DriverWish) -> Vec<DriverVersion> {
    let compatible = toolkits()
        .iter()
        .filter_map(|row| Some(least_driver(row.cuda, driver.platform)?.minor_compatible));
    let exact =
        base_images().iter().filter_map(|base| rules::exact_driver(base.cuda, driver.platform));
    let let_in = base_images()
        .iter()
        .filter_map(|base| rules::exact_driver(require_cuda(base.cuda)?.at_least, driver.platform));
    let of_gpus = crate::architectures()
        .iter()
        .filter_map(|row| least_driver_for_gpu(row.cc, driver.platform));
    let own = crate::framework_builds()
        .iter()
        .filter_map(|build| rules::own_driver(build, driver.platform));
    let mut all: Vec<DriverVersion> = compatible
        .chain(exact)
        .chain(let_in)
        .chain(of_gpus)
        .chain(own)
        .filter(|version| *version > driver.version)
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The distributions of the base images, those with free support first, the newest first; with
/// whether that support is over.
fn other_distributions(space: &Space<'_>) -> Vec<(String, bool)> {
    let mut all: Vec<(&str, bool)> = space
        .bases
        .iter()
        .map(|base| {
            let is_over = base.end_of_life.is_none_or(|end| space.wishes.today > end);
            (base.image.os.as_str(), is_over)
        })
        .collect();
    let rank = |(os, is_over): &(&str, bool)| (*is_over, !rules::has_apt(os));
    all.sort_by(|one, other| rank(one).cmp(&rank(other)).then_with(|| other.0.cmp(one.0)));
    all.dedup();
    all.into_iter().map(|(os, is_over)| (os.to_owned(), is_over)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_values_come_first() {
        let check = |allowed: &[i32], expected: [i32; 5]| {
            assert_eq!(by_distance(&[1, 2, 3, 4, 5], |value| allowed.contains(value)), expected);
        };
        check(&[3], [3, 4, 2, 5, 1]);
        check(&[5], [5, 4, 3, 2, 1]);
        check(&[], [5, 4, 3, 2, 1]);
    }

    #[test]
    fn all_subsets() {
        let check = |count, size, expected: &[u64]| {
            assert_eq!(subsets(count, size).collect::<Vec<_>>(), expected);
        };
        check(3, 1, &[0b001, 0b010, 0b100]);
        check(3, 2, &[0b011, 0b101, 0b110]);
        check(3, 3, &[0b111]);
        check(1, 1, &[0b1]);
    }
}
