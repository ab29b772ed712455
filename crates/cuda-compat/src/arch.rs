//! GPU architectures: which toolkits build for a compute capability and what its cores do.
//!
//! The table is `arch.toml`; its sources are NVIDIA's architecture matrix, the release history of
//! the PTX ISA document, the programming guide, and measurements with the compilers themselves.

use crate::{ComputeCapability, CudaVersion, table};
use serde::Deserialize;
use std::sync::LazyLock;

/// What is known of a compute capability.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// The compute capability.
    pub cc: ComputeCapability,
    /// The family: `Ampere`, `Ada`.
    pub family: String,
    /// GPUs that have it, for showing.
    pub models: String,
    /// Whether it is a Jetson (Tegra), whose machine code does not run on other GPUs.
    #[serde(default)]
    pub integrated: bool,
    /// The first toolkit that builds for it.
    pub since: CudaVersion,
    /// The first toolkit with the target of its family, such as `sm_100f`.
    pub since_f: Option<CudaVersion>,
    /// The first toolkit with the target of this capability alone, such as `sm_90a`.
    pub since_a: Option<CudaVersion>,
    /// The last toolkit that builds for it; `None` where the newest of the table still does.
    pub until: Option<CudaVersion>,
    /// The last driver branch that runs it; `None` where none is announced.
    pub last_driver_branch: Option<u32>,
    /// FP32 cores in a streaming multiprocessor; `None` where not published.
    pub cores_per_sm: Option<u32>,
    pub(crate) tensor_flops: Option<u32>,
    pub(crate) tensor_flops_geforce: Option<u32>,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    arch: Vec<Architecture>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::parse(include_str!("arch.toml")));

impl Architecture {
    /// Whether that toolkit builds for it. Right for toolkits of the table (11.0 and newer).
    ///
    /// ```
    /// use cuda_compat::{ComputeCapability, CudaVersion, architecture};
    ///
    /// let blackwell = architecture(ComputeCapability::new(12, 0)).unwrap();
    /// assert!(!blackwell.is_built_by(CudaVersion::new(12, 6)));
    /// assert!(blackwell.is_built_by(CudaVersion::new(12, 8)));
    /// ```
    pub fn is_built_by(&self, cuda: CudaVersion) -> bool {
        let line = cuda.minor_line();
        self.since <= line && self.until.is_none_or(|until| line <= until)
    }
}

/// Every architecture, by compute capability.
pub fn architectures() -> &'static [Architecture] {
    &TABLE.arch
}

/// The architecture of that compute capability; `None` where it is not in the table.
pub fn architecture(cc: ComputeCapability) -> Option<&'static Architecture> {
    architectures().iter().find(|row| row.cc == cc)
}

/// Whether machine code built for `built` runs on `device`: the same major version and not an older
/// minor one. Code for a Jetson runs on that capability only, and no other code runs on a Jetson.
///
/// PTX of `built` is another matter: it runs on any newer device whose driver knows its version.
///
/// ```
/// use cuda_compat::{ComputeCapability, machine_code_runs_on};
///
/// let cc = ComputeCapability::new;
/// assert!(machine_code_runs_on(cc(8, 0), cc(8, 9)));
/// assert!(!machine_code_runs_on(cc(8, 9), cc(8, 6)));
/// assert!(!machine_code_runs_on(cc(9, 0), cc(10, 0)));
/// ```
pub fn machine_code_runs_on(built: ComputeCapability, device: ComputeCapability) -> bool {
    let integrated = |cc| architecture(cc).is_some_and(|row| row.integrated);
    if integrated(built) || integrated(device) {
        return built == device;
    }
    built.major == device.major && built.minor <= device.minor
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolkits;

    #[test]
    fn rows_are_sorted_and_say_where_they_come_from() {
        assert!(architectures().is_sorted_by(|one, next| one.cc < next.cc));
        let rows = architectures().iter();
        table::check_origin(rows.map(|row| (row.source.as_str(), row.date.as_str())));
    }

    #[test]
    fn agrees_with_the_toolkits() {
        for toolkit in toolkits() {
            let built = || architectures().iter().filter(|row| row.is_built_by(toolkit.cuda));
            let (first, last) = (built().next().unwrap().cc, built().next_back().unwrap().cc);
            assert_eq!(first, toolkit.first_arch, "{}", toolkit.cuda);
            assert_eq!(last, toolkit.last_arch, "{}", toolkit.cuda);
        }
        for row in architectures() {
            assert!(row.until.is_none_or(|until| row.since <= until), "{}", row.cc);
            assert!(row.since_a.is_none_or(|first| row.since <= first), "{}", row.cc);
            assert!(row.since_f.is_none_or(|first| row.since <= first), "{}", row.cc);
            assert!(row.tensor_flops_geforce.is_none() || row.tensor_flops.is_some(), "{}", row.cc);
        }
    }

    #[test]
    fn knows_the_architectures() {
        let check = |cc: &str, family: &str, since: &str, until: Option<&str>, cores: u32| {
            let row = architecture(cc.parse().unwrap()).unwrap();
            assert_eq!(row.family, family);
            assert_eq!(row.since.to_string(), since);
            assert_eq!(row.until.map(|until| until.to_string()).as_deref(), until);
            assert_eq!(row.cores_per_sm, Some(cores));
        };
        check("3.7", "Kepler", "6.5", Some("11.8"), 192);
        check("6.1", "Pascal", "8.0", Some("12.9"), 128);
        check("7.0", "Volta", "9.0", Some("12.9"), 64);
        check("7.5", "Turing", "10.0", None, 64);
        check("8.0", "Ampere", "11.0", None, 64);
        check("8.9", "Ada", "11.8", None, 128);
        check("9.0", "Hopper", "11.8", None, 128);
        check("12.0", "Blackwell", "12.8", None, 128);
        assert_eq!(architecture(ComputeCapability::new(4, 2)), None);
    }

    #[test]
    fn knows_where_machine_code_runs() {
        let check = |built: &str, device: &str, expected: bool| {
            let got = machine_code_runs_on(built.parse().unwrap(), device.parse().unwrap());
            assert_eq!(got, expected, "{built} on {device}");
        };
        check("8.6", "8.9", true);
        check("8.6", "8.6", true);
        check("8.6", "8.7", false);
        check("8.7", "8.7", true);
        check("8.7", "8.9", false);
        check("12.0", "12.1", true);
        check("8.6", "12.0", false);
    }
}
