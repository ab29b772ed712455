//! The commit that the files of a folder are of, as Git says it.
#![expect(clippy::disallowed_methods, reason = "Git itself says best what it would not commit")]

use image_spec::Commit;
use std::{path::Path, process::Command};

/// The commit of the checkout that holds `folder`; `None` where there is no Git, no checkout or no
/// commit.
pub(super) fn of(folder: &Path) -> Option<Commit> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(folder).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let shown = git(&["log", "-1", "--format=%H %cI"])?;
    let (hash, date) = shown.split_once(' ')?;
    // Files that Git ignores count as well as if they were not there: they are not of the product.
    let changed = git(&["status", "--porcelain", "--untracked-files=normal"])?;
    Some(Commit { hash: hash.to_owned(), date: date.to_owned(), dirty: !changed.is_empty() })
}
