//! The tags of `nvidia/cuda` on a registry, and how they differ from the table.

use super::http::{Answer, Http, HttpError};
use cuda_compat::{BaseImage, CudaTag, TagAnswer, TagState, base_images, look_up_tag};
use serde::Deserialize;
use std::collections::BTreeSet;

const REPOSITORY: &str = "nvidia/cuda";

/// A registry sends its list in pages; Docker Hub all at once.
const MOST_PAGES: usize = 200;

#[derive(Debug, thiserror::Error)]
pub(super) enum TagsError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("its answer is not a list of tags")]
    NotAList,
    #[error("it asks for a login that this command does not have")]
    Login,
    #[error("its list of tags does not end")]
    Endless,
}

/// How the registry differs from the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// On the registry, and the table does not have them.
    pub(super) new: Vec<String>,
    /// In the table as published, and no longer on the registry.
    pub(super) gone: Vec<String>,
}

#[derive(Deserialize)]
struct Page {
    /// `null` where a repository has none.
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// Every tag that the registry has.
pub(super) fn tags(http: &Http, registry: &str) -> Result<BTreeSet<String>, TagsError> {
    let mut found = BTreeSet::new();
    let mut token: Option<String> = None;
    let mut next = format!("{registry}/v2/{REPOSITORY}/tags/list");
    for _ in 0..MOST_PAGES {
        let mut answer = http.get(&next, "application/json", token.as_deref())?;
        if answer.status == 401 && token.is_none() {
            token = Some(anonymous_token(http, &answer)?);
            answer = http.get(&next, "application/json", token.as_deref())?;
        }
        if matches!(answer.status, 401 | 403) {
            return Err(TagsError::Login);
        }
        let answer = answer.good()?;
        let page: Page = serde_json::from_slice(&answer.body).map_err(|_| TagsError::NotAList)?;
        found.extend(page.tags.unwrap_or_default());
        match answer.link.as_deref().and_then(|link| next_page(registry, link)) {
            Some(address) => next = address,
            None => return Ok(found),
        }
    }
    Err(TagsError::Endless)
}

/// A public repository is read with a token that anybody is given.
fn anonymous_token(http: &Http, answer: &Answer) -> Result<String, TagsError> {
    let challenge = answer.challenge.as_deref().unwrap_or_default();
    let parameters = challenge.strip_prefix("Bearer ").ok_or(TagsError::Login)?;
    let of = |name: &str| {
        let start = parameters.find(&format!("{name}=\""))? + name.len() + 2;
        parameters.get(start..)?.split('"').next()
    };
    let realm = of("realm").ok_or(TagsError::Login)?;
    let service = of("service").unwrap_or_default();
    let address = format!("{realm}?service={service}&scope=repository:{REPOSITORY}:pull");
    let answer = http.get(&address, "application/json", None)?;
    if !(200..300).contains(&answer.status) {
        return Err(TagsError::Login);
    }
    let token: Token = serde_json::from_slice(&answer.body).map_err(|_| TagsError::Login)?;
    token.token.or(token.access_token).ok_or(TagsError::Login)
}

/// `</v2/…?last=x>; rel="next"`.
fn next_page(registry: &str, link: &str) -> Option<String> {
    let (target, relation) = link.trim().strip_prefix('<')?.split_once('>')?;
    if !relation.contains("next") {
        return None;
    }
    // A link may name its host; only the path is followed, on the registry that was asked.
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..))?,
        None => target,
    };
    path.starts_with('/').then(|| format!("{}{path}", host(registry)))
}

/// The address of the host, without a path.
fn host(registry: &str) -> &str {
    let start = registry.find("://").map_or(0, |at| at + 3);
    let path = registry.get(start..).and_then(|rest| rest.find('/'));
    path.and_then(|at| registry.get(..start + at)).unwrap_or(registry)
}

/// Compares the tags of a registry with the table.
pub(super) fn difference(found: &BTreeSet<String>) -> Difference {
    let is_new = |text: &&String| match text.parse::<CudaTag>() {
        Ok(tag) => {
            // Tags without a patch are moved from image to image, and are no release.
            tag.cuda.patch.is_some()
                && matches!(look_up_tag(&tag), TagAnswer::NotInTable | TagAnswer::NotPublished)
                && base_images().first().is_some_and(|oldest| tag.cuda >= oldest.cuda)
        }
        Err(_) => false,
    };
    let published = base_images().iter().filter(|row| row.state == TagState::Published);
    let in_table = published.flat_map(BaseImage::tags).map(|tag| tag.to_string());
    Difference {
        new: found.iter().filter(is_new).cloned().collect(),
        gone: in_table.filter(|tag| !found.contains(tag)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::http::stand_in::{serve, whole},
        *,
    };
    use std::time::Duration;

    fn ask(registry: &str) -> Result<Vec<String>, String> {
        let found = tags(&Http::new(Duration::from_secs(5)), registry);
        found.map(|tags| tags.into_iter().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn follows_token_and_pages() {
        let registry = serve(|path, request| {
            let host = request.to_ascii_lowercase();
            let host =
                host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
            let has_token = request.contains("Bearer t0ken");
            match path {
                _ if path.starts_with("/token?service=reg&scope=repository:nvidia/cuda:pull") => {
                    whole("200 OK", "application/json", r#"{"token": "t0ken"}"#)
                }
                "/v2/nvidia/cuda/tags/list" if !has_token => format!(
                    "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer \
                     realm=\"http://{host}/token\",service=\"reg\"\r\nContent-Length: 0\r\n\
                     Connection: close\r\n\r\n"
                )
                .into_bytes(),
                "/v2/nvidia/cuda/tags/list" => {
                    let body = r#"{"name": "nvidia/cuda", "tags": ["b", "a"]}"#;
                    format!(
                        "HTTP/1.1 200 OK\r\nLink: </v2/nvidia/cuda/tags/list?last=b>; \
                         rel=\"next\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                        body.len()
                    )
                    .into_bytes()
                }
                "/v2/nvidia/cuda/tags/list?last=b" if has_token => {
                    whole("200 OK", "application/json", r#"{"tags": ["c"]}"#)
                }
                _ => whole("404 No", "text/plain", ""),
            }
        });
        assert_eq!(ask(&registry).unwrap(), ["a", "b", "c"]);
    }

    #[test]
    fn each_failure_has_its_sentence() {
        let check = |answer: Vec<u8>, expected: &str| {
            assert_eq!(ask(&serve(move |_, _| answer.clone())).unwrap_err(), expected);
        };
        check(whole("404 No", "text/plain", ""), "it answered with status 404");
        check(
            whole("401 No", "text/plain", ""),
            "it asks for a login that this command does not have",
        );
        check(whole("200 OK", "text/html", "<html>"), "its answer is not a list of tags");
        let mut cut = whole("200 OK", "application/json", r#"{"tags": ["a"]}"#);
        cut.truncate(cut.len() - 3);
        check(cut, "its answer was cut off");
        let again = "HTTP/1.1 200 OK\r\nLink: </v2/x>; rel=\"next\"\r\nContent-Length: 12\r\n\
                     Connection: close\r\n\r\n{\"tags\": []}";
        check(again.as_bytes().to_vec(), "its list of tags does not end");
        let empty = whole("200 OK", "application/json", r#"{"tags": null}"#);
        assert_eq!(ask(&serve(move |_, _| empty.clone())).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn pages_stay_on_the_registry() {
        let check = |link: &str, expected: Option<&str>| {
            assert_eq!(next_page("https://r.example/mirror", link).as_deref(), expected, "{link}");
        };
        check("</v2/x?n=1>; rel=\"next\"", Some("https://r.example/v2/x?n=1"));
        check("<https://evil.example/v2/x>; rel=next", Some("https://r.example/v2/x"));
        check("</v2/x>; rel=\"last\"", None);
        check("<v2>; rel=next", None);
        check("nonsense", None);
    }

    #[test]
    fn differences() {
        let published = base_images().iter().filter(|row| row.state == TagState::Published);
        let mut found: BTreeSet<String> =
            published.flat_map(BaseImage::tags).map(|tag| tag.to_string()).collect();
        assert_eq!(difference(&found), Difference::default());
        found.remove("11.8.0-cudnn8-devel-ubuntu20.04");
        let others = [
            "13.9.0-base-ubuntu26.04",
            "13.9-base-ubuntu26.04",
            "12.6.3-devel-ubuntu23.10",
            "10.2-base-ubuntu18.04",
            "11.7.0-base-ubuntu20.04",
            "latest",
        ];
        found.extend(others.map(str::to_owned));
        let found = difference(&found);
        assert_eq!(found.new, ["12.6.3-devel-ubuntu23.10", "13.9.0-base-ubuntu26.04"]);
        assert_eq!(found.gone, ["11.8.0-cudnn8-devel-ubuntu20.04"]);
    }
}
