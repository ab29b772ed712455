//! What this machine's GPUs and their software are, whether they compute correctly, and what is
//! wrong.
//!
//! Data flows one way: [`read()`] gathers [`Facts`], [`diagnose`] judges them against a [`Need`]
//! and hands back typed [`Problem`]s with the one they follow from. The crate never prints and
//! never says how severe something is: the caller does.

mod cause;
mod checks;
mod codes;
mod driver;
mod evidence;
mod explanation;
mod facts;
mod isolate;
mod kernels;
mod need;
mod package_manager;
mod read;
mod shell_word;
mod smoke;
mod unlooked;
mod xid;

#[cfg(test)]
mod example;

#[cfg(fuzzing)]
pub mod fuzzing;

pub use cause::{Diagnosed, Unlooked, diagnose};
pub use checks::*;
pub use codes::{cuda_code_name, nvml_code_name};
pub use explanation::module_text;
pub use facts::*;
pub use isolate::{ChildCommand, ChildTask, serve};
pub use need::{GpuWish, Need, Profile};
pub use package_manager::PackageManager;
pub use read::{ReadOptions, read};
pub use xid::{
    Xid, XidAction, XidActor, XidClass, XidImpact, parse_kernel_log, parse_xid_line, xid, xids,
};
