//! The image asks for a newer driver or another GPU than this machine has.
//!
//! CUDA images carry `NVIDIA_REQUIRE_CUDA`, such as `cuda>=12.6
//! brand=tesla,driver>=535,driver<536`: one of the groups (parted by spaces) must hold, and in a
//! group every condition (parted by commas). NVIDIA's container toolkit refuses such a start with
//! `requirement error: unsatisfied condition: cuda>=12.6`; where it was told not to look, or the
//! container was started by CDI, programs fail later.
//!
//! Look at it with `echo $NVIDIA_REQUIRE_CUDA` in the container, and at the driver's CUDA with
//! `nvidia-smi`. Update the host's driver or use an image for an older CUDA.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

const VARIABLE: &str = "NVIDIA_REQUIRE_CUDA";

/// No group of the image's requirement holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the image asks for `{asked}`, and this machine has {has}")]
pub struct ImageRequirementUnmet {
    /// The first group of the requirement, which names the CUDA version.
    pub asked: String,
    /// What the machine has, in words.
    pub has: String,
}

impl ImageRequirementUnmet {
    pub(super) const CODE: &str = "gpu/image-requirement-unmet";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/driver-too-old",
        "gpu/driver-too-old-for-cuda",
        "gpu/driver-needs-minor-compatibility",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if facts.host.machine.container.found().is_none() {
            return Vec::new();
        }
        let Some(requirement) = facts.environment.get(VARIABLE) else { return Vec::new() };
        let has = Has::of(facts);
        if holds(requirement, &has) != Some(false) {
            return Vec::new();
        }
        let asked = requirement.split_whitespace().next().unwrap_or_default().to_owned();
        vec![Self { asked, has: has.words() }]
    }
}

/// What a requirement is compared with; numbers as lists, so that `12.6` is `[12, 6]`.
#[derive(Debug, Clone, Default)]
struct Has {
    cuda: Option<Vec<u32>>,
    driver: Option<Vec<u32>>,
    arch: Option<Vec<u32>>,
    brand: Option<String>,
}

impl Has {
    fn of(facts: &Facts) -> Self {
        let cuda = evidence::driver_cuda(facts).map(|version| vec![version.major, version.minor]);
        let driver = facts.driver_version().and_then(|version| numbers(&version.to_string()));
        let arch = evidence::gpu_capabilities(facts).first().and_then(|gpu| gpu.capability);
        let brand = evidence::nvml_gpus(facts).first().and_then(|gpu| gpu.brand.found()).cloned();
        Self { cuda, driver, arch: arch.map(|value| vec![value.major, value.minor]), brand }
    }

    fn words(&self) -> String {
        let text =
            |numbers: &Vec<u32>| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        let parts = [
            self.cuda.as_ref().map(|cuda| format!("a driver for CUDA {}", text(cuda))),
            self.driver.as_ref().map(|driver| format!("driver {}", text(driver))),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Whether one of the groups holds; `None` where it cannot be told.
fn holds(requirement: &str, has: &Has) -> Option<bool> {
    let groups: Vec<Option<bool>> =
        requirement.split_whitespace().map(|group| group_holds(group, has)).collect();
    if groups.is_empty() || groups.contains(&Some(true)) {
        return Some(true);
    }
    if groups.contains(&None) { None } else { Some(false) }
}

fn group_holds(group: &str, has: &Has) -> Option<bool> {
    let conditions: Vec<Option<bool>> =
        group.split(',').map(|condition| condition_holds(condition, has)).collect();
    if conditions.contains(&Some(false)) {
        return Some(false);
    }
    if conditions.contains(&None) { None } else { Some(true) }
}

fn condition_holds(condition: &str, has: &Has) -> Option<bool> {
    let operators = [">=", "<=", "!=", "=", ">", "<"];
    let at = condition.find(['>', '<', '=', '!'])?;
    let (name, rest) = condition.split_at(at);
    let operator = operators.into_iter().find(|operator| rest.starts_with(operator))?;
    let wanted = rest.strip_prefix(operator)?.trim();
    let installed = match name.trim() {
        "cuda" => has.cuda.as_ref()?,
        "driver" => has.driver.as_ref()?,
        "arch" => has.arch.as_ref()?,
        "brand" => return brand_holds(operator, wanted, has.brand.as_deref()?),
        _ => return None,
    };
    let wanted = numbers(wanted)?;
    // A condition on `driver<536` is about the branch: only as many parts as it names count.
    let installed = &installed[..installed.len().min(wanted.len())];
    let order = installed.cmp(&wanted);
    Some(match operator {
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        "=" => order.is_eq(),
        _ => order.is_ne(),
    })
}

fn brand_holds(operator: &str, wanted: &str, brand: &str) -> Option<bool> {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    // The toolkit calls every brand that it does not know `unknown`, and we do not know which.
    if wanted == "unknown" {
        return None;
    }
    match operator {
        "=" => Some(plain(wanted) == plain(brand)),
        "!=" => Some(plain(wanted) != plain(brand)),
        _ => None,
    }
}

fn numbers(text: &str) -> Option<Vec<u32>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

impl Diagnosis for ImageRequirementUnmet {
    fn place(&self) -> Place {
        Place::Variable { name: VARIABLE.to_owned() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand("update the driver of the host"),
            Fix::by_hand("or use an image that is built for an older CUDA"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, example};
    use proptest::prelude::*;

    #[test]
    fn judges_groups_and_conditions() {
        let has = Has {
            cuda: Some(vec![12, 2]),
            driver: Some(vec![535, 104, 5]),
            arch: Some(vec![8, 9]),
            brand: Some("GeForce".to_owned()),
        };
        let check = |requirement: &str, expected: Option<bool>| {
            assert_eq!(holds(requirement, &has), expected, "{requirement}");
        };
        check("cuda>=12.2", Some(true));
        check("cuda>=12.6", Some(false));
        check("cuda>=12.6 brand=tesla,driver>=535,driver<536", Some(false));
        check("cuda>=12.6 brand=geforce,driver>=535,driver<536", Some(true));
        check("cuda>=12.6 brand=unknown,driver>=470,driver<471", Some(false));
        check("cuda>=12.6 brand=unknown,driver>=535,driver<536", None);
        check("arch>=9.0", Some(false));
        check("", Some(true));
        check("nonsense", None);
    }

    #[test]
    fn only_a_container_has_an_image() {
        let mut facts = example::h200();
        facts.environment.variables.insert(VARIABLE.to_owned(), "cuda>=99.0".to_owned());
        assert_eq!(ImageRequirementUnmet::find(&facts, &Need::default()), []);
        facts.host.machine.container = Reading::Found("docker".to_owned());
        assert_eq!(ImageRequirementUnmet::find(&facts, &Need::default()).len(), 1);
        facts.environment.variables.insert(VARIABLE.to_owned(), "cuda>=12.6".to_owned());
        assert_eq!(ImageRequirementUnmet::find(&facts, &Need::default()), []);
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = holds(&text, &Has::default());
        }
    }
}
