//! All that can be chosen, and what each wish leaves of it.

use super::{Chosen, Fit};
use super::{
    CudnnFrom, DriverFit, Tables, Wishes,
    rules::{self, Base},
    search::Found,
    set::Set,
    wish::Wish,
};
use crate::{
    BaseImage, CudaTag, CudnnVersion, Flavour, Framework, FrameworkBuild, Platform, PythonVersion,
    WheelRequirements, cudnn_for_cuda_major, least_driver, ranges_meet, requirements_of,
};
use pep440_rs::Version;
use std::cell::OnceCell;

/// All that can be chosen.
pub(super) struct Space<'a> {
    pub(super) tables: &'a Tables,
    pub(super) wishes: &'a Wishes,
    pub(super) bases: Vec<Base>,
    pub(super) pythons: Vec<PythonVersion>,
    /// One for each framework that is wished.
    pub(super) slots: Vec<Slot>,
    /// One for each wish.
    pub(super) asks: Vec<Ask>,
}

/// A framework and everything that it could be.
pub(super) struct Slot {
    pub(super) framework: Framework,
    /// The newest release first; of one release the better build first.
    pub(super) candidates: Vec<Candidate>,
}

/// A release in one build.
pub(super) struct Candidate {
    pub(super) version: Version,
    pub(super) build: &'static FrameworkBuild,
    pub(super) bases: Set,
    pub(super) pythons: Set,
    requires: Option<&'static WheelRequirements>,
    /// For each slot what it leaves of it, found when first asked for.
    leaves: Vec<OnceCell<Set>>,
}

/// A wish and what it leaves.
pub(super) struct Ask {
    pub(super) wish: Wish,
    /// The slot that it asks for.
    slot: Option<usize>,
    bases: Set,
    pythons: Set,
    candidates: Vec<Set>,
}

/// Which wishes are asked, as a set of bits; and the frameworks that are asked for in any version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) wishes: u64,
    pub(super) any_version: u64,
}

impl Asked {
    pub(super) fn everything(space: &Space<'_>) -> Self {
        Self::these(full(space.asks.len()))
    }

    pub(super) fn these(wishes: u64) -> Self {
        Self { wishes, any_version: 0 }
    }
}

/// The lowest `count` bits.
pub(super) fn full(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// Where a search stands: what is still possible.
#[derive(Clone)]
pub(super) struct State {
    pub(super) bases: Set,
    pub(super) pythons: Set,
    /// For each slot, or `None` where the framework is not asked for.
    pub(super) candidates: Vec<Option<Set>>,
}

impl State {
    fn narrow(&mut self, ask: &Ask) {
        self.bases = self.bases.and(ask.bases);
        self.pythons = self.pythons.and(ask.pythons);
        for (left, allowed) in self.candidates.iter_mut().zip(&ask.candidates) {
            *left = left.map(|left| left.and(*allowed));
        }
    }
}

impl<'a> Space<'a> {
    pub(super) fn new(tables: &'a Tables, wishes: &'a Wishes) -> Self {
        let deleted = |base: &BaseImage| base.state == crate::TagState::Deleted;
        let bases = tables.bases.iter().copied().filter(|base| !deleted(base));
        let bases: Vec<Base> = bases.map(Base::of).collect();
        let mut pythons: Vec<PythonVersion> =
            tables.builds.iter().flat_map(|build| build.pythons.iter().copied()).collect();
        pythons.sort_unstable();
        pythons.dedup();
        let each = wishes.each();
        let frameworks: Vec<Framework> = each
            .iter()
            .filter_map(|wish| match wish {
                Wish::Framework(wish) => Some(wish.framework),
                _ => None,
            })
            .collect();
        let slots: Vec<Slot> = frameworks
            .iter()
            .map(|framework| Slot::new(*framework, tables, &bases, &pythons, frameworks.len()))
            .collect();
        let mut space = Self { tables, wishes, bases, pythons, slots, asks: Vec::new() };
        space.asks = each.into_iter().map(|wish| space.ask(wish)).collect();
        space
    }

    fn ask(&self, wish: Wish) -> Ask {
        let slot = match &wish {
            Wish::Framework(wish) => {
                self.slots.iter().position(|slot| slot.framework == wish.framework)
            }
            _ => None,
        };
        let bases = Set::of(self.bases.len(), |index| {
            rules::allows_base(&wish, &self.bases[index], self.wishes)
        });
        let pythons =
            Set::of(self.pythons.len(), |index| rules::allows_line(&wish, self.pythons[index]));
        let candidates = self.slots.iter().map(|slot| slot.allowed_by(&wish)).collect();
        Ask { wish, slot, bases, pythons, candidates }
    }

    /// What is possible where these wishes are asked, and some more, and nothing is chosen.
    pub(super) fn start(&self, asked: &Asked, more: &[Wish]) -> State {
        let mut state = State {
            bases: Set::all(self.bases.len()),
            pythons: Set::all(self.pythons.len()),
            candidates: vec![None; self.slots.len()],
        };
        let is_in = |set: u64, index: usize| set >> index & 1 == 1;
        for (index, ask) in self.asks.iter().enumerate() {
            if is_in(asked.wishes | asked.any_version, index)
                && let Some(slot) = ask.slot
            {
                state.candidates[slot] = Some(Set::all(self.slots[slot].candidates.len()));
            }
        }
        for (_, ask) in self.asks.iter().enumerate().filter(|(at, _)| is_in(asked.wishes, *at)) {
            state.narrow(ask);
        }
        for wish in more {
            state.narrow(&self.ask(wish.clone()));
        }
        let asked = self.asks.iter().enumerate().filter(|(at, _)| is_in(asked.wishes, *at));
        let wishes: Vec<&Wish> = asked.map(|(_, ask)| &ask.wish).chain(more).collect();
        // No choice of versions helps a driver that does not know the GPU.
        if !rules::driver_knows_gpus(&wishes) {
            state.bases = Set::of(self.bases.len(), |_| false);
        }
        state
    }

    /// What a chosen candidate leaves of another slot.
    pub(super) fn leaves(&self, slot: usize, candidate: usize, other: usize) -> Set {
        let chosen = &self.slots[slot].candidates[candidate];
        *chosen.leaves[other].get_or_init(|| {
            let others = &self.slots[other].candidates;
            Set::of(others.len(), |index| chosen.goes_with(&others[index]))
        })
    }

    /// A found combination in words of the tables.
    pub(super) fn fit(&self, found: &Found) -> Fit {
        let base = self.bases[found.base].image;
        let frameworks: Vec<Chosen> = found
            .chosen
            .iter()
            .map(|(slot, index)| {
                let candidate = &self.slots[*slot].candidates[*index];
                Chosen {
                    framework: self.slots[*slot].framework,
                    version: candidate.version.clone(),
                    build: candidate.build,
                }
            })
            .collect();
        let builds = || frameworks.iter().map(|chosen| chosen.build);
        let cudnn = self.cudnn(base, builds());
        let from_base = matches!(cudnn, Some((_, CudnnFrom::Base)));
        let least = builds().map(rules::least_flavour).max().unwrap_or(Flavour::Base);
        let wished = self.wishes.flavour.unwrap_or(Flavour::Base).max(least);
        let flavour = if from_base { wished.max(Flavour::Runtime) } else { wished };
        let tag = CudaTag {
            cuda: base.cuda,
            cudnn: base.cudnn_infix.clone().filter(|_| from_base),
            flavour,
            os: base.os.clone(),
        };
        let python = self.pythons[found.python];
        let driver = self.driver(base, builds());
        Fit { tag, base, python, cudnn, driver, frameworks }
    }

    /// The cuDNN of a set: what a build needs from the system, else what a build brings, else what was
    /// wished for.
    fn cudnn(
        &self,
        base: &BaseImage,
        builds: impl Iterator<Item = &'static FrameworkBuild> + Clone,
    ) -> Option<(CudnnVersion, CudnnFrom)> {
        if let Some(needed) = builds.clone().filter_map(rules::needed_from_system).max() {
            return Some((base.cudnn.unwrap_or(needed), CudnnFrom::Base));
        }
        if let Some(brought) = builds.filter_map(|build| build.cudnn).max() {
            return Some((brought, CudnnFrom::Wheels));
        }
        let wish = self.wishes.cudnn?;
        let small = self.wishes.flavour == Some(Flavour::Base);
        if let Some(found) = base.cudnn.filter(|found| wish.is_met_by(*found) && !small) {
            return Some((found, CudnnFrom::Base));
        }
        let mut of_major = cudnn_for_cuda_major(base.cuda.major);
        let newest = of_major.rfind(|row| wish.is_met_by(row.cudnn));
        newest.map(|row| (row.cudnn, CudnnFrom::Pip))
    }

    fn driver(
        &self,
        base: &BaseImage,
        builds: impl Iterator<Item = &'static FrameworkBuild> + Clone,
    ) -> DriverFit {
        let platform = self.wishes.driver.map_or(Platform::Linux, |driver| driver.platform);
        let lines = || builds.clone().map(|build| build.cuda_first).chain([base.cuda]);
        let own = || builds.clone().filter_map(|build| rules::own_driver(build, platform));
        let Some(driver) = self.wishes.driver else {
            let compatible =
                lines().filter_map(|cuda| Some(least_driver(cuda, platform)?.minor_compatible));
            let least = compatible.chain(own()).max();
            return least.map_or(DriverFit::Exact, DriverFit::Least);
        };
        if self.is_exact(base.cuda, driver) && lines().all(|cuda| self.is_exact(cuda, driver)) {
            return DriverFit::Exact;
        }
        let exact: Option<Vec<_>> =
            lines().map(|cuda| rules::exact_driver(cuda, platform)).collect();
        DriverFit::MinorCompatible { exact_from: exact.and_then(|all| all.into_iter().max()) }
    }
}

impl Slot {
    fn new(
        framework: Framework,
        tables: &Tables,
        bases: &[Base],
        pythons: &[PythonVersion],
        slots: usize,
    ) -> Self {
        let builds = tables.builds.iter().filter(|build| build.framework == framework);
        let mut candidates: Vec<Candidate> = builds
            .flat_map(|build| {
                let on = Set::of(bases.len(), |index| rules::build_on_base(build, &bases[index]));
                let lines = Set::of(pythons.len(), |index| build.pythons.contains(&pythons[index]));
                build.versions.iter().map(move |version| Candidate {
                    version: version.clone(),
                    build,
                    bases: on,
                    pythons: lines,
                    requires: requirements_of(&build.package, build.index.as_deref(), version),
                    leaves: vec![OnceCell::new(); slots],
                })
            })
            .collect();
        candidates.sort_by(|one, next| {
            next.version.cmp(&one.version).then_with(|| next.merit().cmp(&one.merit()))
        });
        candidates.truncate(Set::MOST);
        Self { framework, candidates }
    }

    fn allowed_by(&self, wish: &Wish) -> Set {
        if matches!(wish, Wish::Framework(_)) {
            return Set::of(self.candidates.len(), |index| {
                let candidate = &self.candidates[index];
                rules::allows_build(wish, candidate.build, &candidate.version)
            });
        }
        // All other wishes look at the build only, which many releases share.
        let mut known: Vec<(&'static FrameworkBuild, bool)> = Vec::new();
        let allowed: Vec<bool> = self
            .candidates
            .iter()
            .map(|candidate| {
                let build = candidate.build;
                let found = known.iter().find(|(other, _)| std::ptr::eq(*other, build));
                found.map(|(_, allowed)| *allowed).unwrap_or_else(|| {
                    let allowed = rules::allows_build(wish, build, &candidate.version);
                    known.push((build, allowed));
                    allowed
                })
            })
            .collect();
        Set::of(allowed.len(), |index| allowed[index])
    }
}

impl Candidate {
    /// Of two builds that are otherwise as good, the one that brings CUDA and is on PyPI is better.
    pub(super) fn merit(&self) -> (bool, bool) {
        (self.build.brings_cuda, self.build.index.is_none())
    }

    /// Whether both can be in one environment.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        !self.bases.and(other.bases).is_empty()
            && !self.pythons.and(other.pythons).is_empty()
            && rules::same_cudnn(self.build, other.build)
            && self.excluded_by(other).is_none()
    }

    /// The package that both require, or that one is and the other requires, in versions that exclude
    /// each other.
    pub(super) fn excluded_by(&self, other: &Self) -> Option<&'static str> {
        let shared = self.requires.zip(other.requires).and_then(|(one, two)| {
            let meets = |name: &String, range| {
                two.requires.get(name).is_none_or(|with| ranges_meet(range, with))
            };
            one.requires.iter().find(|(name, range)| !meets(name, range))
        });
        shared
            .map(|(name, _)| name.as_str())
            .or_else(|| self.refused_by(other))
            .or_else(|| other.refused_by(self))
    }

    /// The package that this one is, where another requires it in other versions.
    fn refused_by(&self, other: &Self) -> Option<&'static str> {
        let name = self.build.package.split('[').next()?;
        let range = other.requires?.requires.get(name)?;
        (!range.contains(&self.version)).then_some(name)
    }

    /// What it requires of a package, and the row that says so.
    pub(super) fn requirement(
        &self,
        package: &str,
    ) -> Option<(String, &'static WheelRequirements)> {
        let row = self.requires?;
        let range = row.requires.get(package)?;
        Some((range.to_string().replace(", ", ","), row))
    }
}
