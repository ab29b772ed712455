//! Which files a container image holds, layer by layer, without unpacking it.
//!
//! A layer is read as a stream: of every entry its path, kind and size are kept, and of those that the
//! caller wants the bytes. Nothing is written to disk, and nothing of an image is run. [`read_archive`]
//! takes what `docker save` writes and OCI layouts in a tar file, in one pass, so that the engine can be
//! read while it sends; [`read_layout`] takes an OCI layout in a folder; [`read_layer`] takes one layer
//! as a registry sends it. [`Image::files`] says what is there at the end: later layers replace and
//! remove what earlier ones brought.
//!
//! ```
//! use image_layers::{Want, read_archive};
//!
//! let want = Want::new(|path| path == "etc/os-release", 64 * 1024);
//! let error = read_archive(&b"not an archive"[..], None, &want).unwrap_err();
//! assert!(error.to_string().contains("no image"));
//! ```

mod archive;
mod entry;
mod error;
mod image;
mod layer;
mod layout;
mod manifest;

pub use archive::read_archive;
pub use entry::{Entry, Kind, Want};
pub use error::ImageError;
pub use image::{Config, History, Image, Step};
pub use layer::{Layer, read_layer};
pub use layout::read_layout;
pub use manifest::{Descriptor, Manifest, ManifestOrIndex, Platform};
