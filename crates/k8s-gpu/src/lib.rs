//! GPU workloads and the monitoring stack on Kubernetes and Compose: render, diff, apply, wait,
//! verify, remove.
//!
//! The crate is a place without content yet: it is filled together with `cargo altlas k8s`, and
//! exports nothing until then. It will never force a change, and never call silence healthy.
