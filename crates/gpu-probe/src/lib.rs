//! What this machine's GPUs and their software are, whether they compute correctly, and what is
//! wrong.
//!
//! Data flows one way: [`read()`] gathers [`Facts`], [`diagnose`] judges them against a [`Need`]
//! and hands back typed [`Problem`]s with the one they follow from. The crate never prints and
//! never says how severe something is: the caller does.
//!
//! ```
//! use gpu_probe::{ChildCommand, Environment, Facts, Need, ReadOptions, diagnose, read};
//!
//! let options = ReadOptions {
//!     // `/` for this machine; a tree of recorded files is read like a machine.
//!     root: "/recorded/machine".into(),
//!     environment: Environment::default(),
//!     folder: "/".into(),
//!     // The program that calls `serve`: see `examples/probe.rs`.
//!     child: ChildCommand { program: "/no/such/program".into(), arguments: Vec::new() },
//!     deadline: std::time::Duration::from_secs(10),
//!     wake: false,
//!     smoke: None,
//!     stop: Default::default(),
//!     written_by: "a tool".to_owned(),
//!     now_unix_s: 1_769_000_000,
//! };
//! let facts = read(&options, &|_step| {});
//! // What could not be looked at says why, and is never taken for fine.
//! assert!(facts.pci.unknown().is_some());
//!
//! let saved = facts.to_json();
//! let again = Facts::from_json(saved.as_bytes())?;
//! assert_eq!(diagnose(&again, &Need::default()), diagnose(&facts, &Need::default()));
//! # Ok::<(), gpu_probe::FactsError>(())
//! ```

mod cause;
mod checks;
mod child;
mod codes;
mod driver;
mod evidence;
mod explanation;
mod facts;
mod isolate;
mod kernels;
mod need;
mod open_questions;
mod package_manager;
mod pci_address;
mod read;
mod shell_word;
mod smoke;
mod steps;
mod unlooked;
mod xid;

#[cfg(test)]
mod example;

#[cfg(fuzzing)]
pub mod fuzzing;

pub use cause::{Diagnosed, Unlooked, diagnose};
pub use checks::*;
pub use child::serve;
pub use codes::{cuda_code_name, nvml_code_name};
pub use explanation::module_text;
pub use facts::*;
pub use isolate::{ChildCommand, ChildTask};
pub use need::{GpuWish, Need, Profile};
pub use package_manager::PackageManager;
pub use read::{ReadOptions, read};
pub use xid::{
    Xid, XidAction, XidActor, XidClass, XidImpact, parse_kernel_log, parse_xid_line, xid, xids,
};
