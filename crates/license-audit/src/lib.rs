//! What is in an environment, a lock file or an image, under which licence, and whether it may be
//! used that way.
//!
//! The crate is a place without content yet: it is filled together with `cargo altlas licenses`,
//! and exports nothing until then. It will never trust a list kept by hand.
