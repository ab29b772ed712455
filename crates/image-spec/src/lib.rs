//! What goes into a CUDA image, whether that can exist, the files it renders to, and building and
//! pushing them.
//!
//! The crate is a place without content yet: it is filled together with `cargo altlas image`, and
//! exports nothing until then. It will read a typed specification and hand back rendered files and
//! typed problems; it never guesses silently.
