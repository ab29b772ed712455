//! Which lock belongs to which image.

use super::{Lock, RequirementsFile, RequirementsKind};
use crate::{Place, Recipe, Scene};
use std::path::Path;

/// A lock that an image is installed from.
pub(crate) struct UsedLock<'s> {
    pub(crate) recipe: &'s Recipe,
    pub(crate) file: &'s RequirementsFile,
    pub(crate) lock: &'s Lock,
    /// Whether the lock was made for this image: `requirements-NAME.lock`.
    pub(crate) is_own: bool,
}

impl Scene<'_> {
    /// The locks that the images are installed from, in the order of the images.
    pub(crate) fn locks(&self) -> Vec<UsedLock<'_>> {
        let mut used = Vec::new();
        for recipe in &self.recipes {
            for file in self.requirements.files.values() {
                let Some(lock) = &file.lock else { continue };
                let is_own = self.spec.is_some() && is_lock_of(&file.path, &recipe.name);
                if is_own || installs(recipe, file) {
                    used.push(UsedLock { recipe, file, lock, is_own });
                }
            }
        }
        used
    }

    /// The project that a lock of uv, Poetry or PEP 751 is of, where it was read.
    pub(crate) fn project_of(&self, lock: &RequirementsFile) -> Option<&RequirementsFile> {
        let folder = lock.path.parent();
        let mut files = self.requirements.files.values();
        files.find(|file| {
            file.kind == RequirementsKind::Pyproject
                && lock.kind != RequirementsKind::Requirements
                && file.path.parent() == folder
        })
    }
}

/// Whether something of the file is in the image.
fn installs(recipe: &Recipe, file: &RequirementsFile) -> bool {
    let is_in = |place: &Place| matches!(place, Place::File { path, .. } if *path == file.path);
    recipe.pip.iter().any(|found| is_in(&found.place))
}

/// Whether a file has the name of the lock that is made for an image.
fn is_lock_of(path: &Path, image: &str) -> bool {
    let name = format!("requirements-{image}.lock");
    path.file_name().is_some_and(|found| found.to_str() == Some(&*name))
}
