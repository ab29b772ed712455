//! The commands, one file each: a doc comment (its help text), its arguments, `run`.

pub(crate) mod child;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod facts;
pub(crate) mod image;
pub(crate) mod man;
