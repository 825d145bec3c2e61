//! The picture of who asks: chosen and taken back.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::{Web, forged, form_data, not_logged_in, unavailable};
use crate::{
    auth,
    avatar::{self, BadPicture},
    dav::Body,
    discovery,
};

impl Web<'_> {
    /// `/avatar`: POST takes a picture from a form, DELETE forgets it. There is no step of
    /// cutting in between: the middle of the picture is taken.
    pub(super) async fn own_avatar(&self, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let who = match self.inner.authenticate(&parts, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return not_logged_in(&stranger),
        };
        if parts.method == Method::GET {
            let text = "No temporary profile picture available, try again";
            return told(StatusCode::NOT_FOUND, text);
        }
        if !auth::is_own(&self.inner.accounts, &who, &parts.headers, self.inner.session_cookie()) {
            return forged();
        }
        let (accounts, id) = (&self.inner.accounts, &who.person.id);
        match parts.method {
            Method::DELETE => match accounts.remove_avatar(id).await {
                Ok(()) => discovery::json(StatusCode::OK, &[(); 0]),
                Err(_) => unavailable(),
            },
            Method::POST => {
                let Ok(body) = body.collect(avatar::LARGEST).await else {
                    return told(StatusCode::BAD_REQUEST, "File is too big");
                };
                let Some(file) = form_data::part(&parts.headers, &body, &["files[]", "files"])
                else {
                    return told(StatusCode::BAD_REQUEST, "No image or file provided");
                };
                let made = tokio::task::spawn_blocking(move || avatar::square(&file)).await;
                let picture = match made {
                    Ok(Ok(picture)) => picture,
                    // Observed in the original: these two are told with 200.
                    Ok(Err(BadPicture::UnknownKind)) => {
                        return told(StatusCode::OK, "Unknown filetype");
                    }
                    Ok(Err(BadPicture::Unreadable)) => {
                        return told(StatusCode::OK, "Invalid image");
                    }
                    Err(_) => return unavailable(),
                };
                match accounts.set_avatar(id, picture).await {
                    Ok(()) => discovery::json(StatusCode::OK, &json!({ "status": "success" })),
                    Err(_) => unavailable(),
                }
            }
            _ => discovery::empty(StatusCode::METHOD_NOT_ALLOWED),
        }
    }
}

fn told(status: StatusCode, text: &str) -> Response<Bytes> {
    discovery::json(status, &json!({ "data": { "message": text } }))
}
