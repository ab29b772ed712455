//! From a registry's challenge to the `Authorization` that it wants.

use super::{
    RegistryClient, Trouble,
    challenge::{self, Challenge},
    transport::{Answer, form},
};
use crate::credentials::Credential;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

/// A larger answer is no token.
const LARGEST_TOKEN: u64 = 1024 * 1024;

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl RegistryClient {
    /// The `Authorization` that the answer 401 asks for.
    pub(super) fn authorize(&self, path: &str, answer: &Answer) -> Result<String, Trouble> {
        let header = answer.header("www-authenticate").unwrap_or_default();
        match challenge::parse(&header) {
            Some(Challenge::Basic) => self.basic().ok_or(Trouble::NoCredentials),
            Some(Challenge::Bearer { realm, service, scope }) => {
                let scope = scope.unwrap_or_else(|| format!("repository:{path}:pull"));
                self.token(&realm, service.as_deref(), &scope)
            }
            None => Err(self.refused()),
        }
    }

    fn basic(&self) -> Option<String> {
        match &self.credential {
            Some(Credential::Password { user, password }) => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
            Some(Credential::IdentityToken(_)) | None => None,
        }
    }

    fn token(&self, realm: &str, service: Option<&str>, scope: &str) -> Result<String, Trouble> {
        if !realm.starts_with("https://") && !self.transport.may_be_plain(realm) {
            return Err(Trouble::UnsafeRealm(realm.to_owned()));
        }
        let mut fields = vec![("scope", scope)];
        fields.extend(service.map(|service| ("service", service)));
        let answer = match &self.credential {
            Some(Credential::IdentityToken(token)) => {
                fields.extend([
                    ("grant_type", "refresh_token"),
                    ("client_id", "altlas"),
                    ("refresh_token", token.as_str()),
                ]);
                self.transport.post_form(realm, &form(&fields))?
            }
            Some(Credential::Password { .. }) | None => {
                let sign = if realm.contains('?') { '&' } else { '?' };
                let url = format!("{realm}{sign}{}", form(&fields));
                self.transport.get_url(&url, None, self.basic().as_deref())?
            }
        };
        match answer.status() {
            200 => {}
            401 | 403 => return Err(self.refused()),
            _ => return Err(Trouble::of_answer(&answer)),
        }
        let bytes = answer.bytes(LARGEST_TOKEN)?;
        let token: Token = serde_json::from_slice(&bytes).map_err(|_| Trouble::NotARegistry)?;
        let token = token.token.or(token.access_token).ok_or(Trouble::NotARegistry)?;
        Ok(format!("Bearer {token}"))
    }
}
