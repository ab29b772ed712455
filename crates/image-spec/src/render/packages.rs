//! Packages of the distribution: one instruction, sorted, without what is only recommended.

use super::{RenderError, nsight, plan::Planned, quote};
use std::collections::BTreeSet;

/// How a distribution installs packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Debian and Ubuntu.
    Apt,
    /// Red Hat's UBI, Rocky Linux and their like.
    Dnf,
    /// Not known: a base of somebody else's. It is taken to have `apt-get`, as most have.
    Unknown,
}

impl Family {
    /// Of the distribution of an image.
    pub(crate) fn of(planned: &Planned<'_>) -> Self {
        let Some(os) = planned.recipe.os.as_ref().map(|os| os.value.as_str()) else {
            return Self::Unknown;
        };
        let begins = |names: &[&str]| names.iter().any(|name| os.starts_with(name));
        if begins(&["ubuntu", "debian"]) {
            Self::Apt
        } else if begins(&["ubi", "rocky", "centos", "alma", "fedora", "oracle", "amazon", "rhel"])
        {
            Self::Dnf
        } else {
            Self::Unknown
        }
    }
}

/// Installs packages; `None` where there are none. `why` is the comment above.
pub(crate) fn install(family: Family, packages: &BTreeSet<String>, why: &str) -> Option<String> {
    if packages.is_empty() {
        return None;
    }
    let names: Vec<&str> = packages.iter().map(String::as_str).collect();
    let names = names.join(" \\\n        ");
    Some(match family {
        Family::Apt | Family::Unknown => format!(
            "# {why}\n\
             RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n    \
             --mount=type=cache,target=/var/lib/apt,sharing=locked \\\n    \
             rm -f /etc/apt/apt.conf.d/docker-clean \\\n    \
             && apt-get update \\\n    \
             && DEBIAN_FRONTEND=noninteractive apt-get install --no-install-recommends --yes \\\n        \
             {names}"
        ),
        Family::Dnf => format!(
            "# {why}\n\
             RUN dnf install --assumeyes --nodocs --setopt=install_weak_deps=0 \\\n        \
             {names} \\\n    \
             && dnf clean all"
        ),
    })
}

/// The packages that an image names itself, with those of Nsight.
pub(crate) fn own(planned: &Planned<'_>) -> Result<BTreeSet<String>, RenderError> {
    let mut packages = BTreeSet::new();
    for (index, name) in planned.image.apt.iter().enumerate() {
        let key = planned.key(&format!("apt[{index}]"));
        packages.insert(quote::package(&key, name)?.to_owned());
    }
    if planned.image.nsight {
        packages.extend(nsight::packages(planned)?);
    }
    Ok(packages)
}
