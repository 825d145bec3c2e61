//! The service: one request in, one answer out.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use allmende_accounts::{Accounts, Authenticated, Maintenance};
use allmende_comments::Comments;
use allmende_events::Events;
use allmende_files::Files;
use allmende_ocs::Base;
use allmende_previews::Previews;
use allmende_reminders::Reminders;
use allmende_sharing::Sharing;
use allmende_tags::Tags;
use allmende_types::{InstanceId, Timestamp};
use allmende_webdav::{DavBody, Error as DavError, ErrorKind, Mount};
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts,
};
use tower_service::Service;

use crate::{
    Origin,
    auth::{self, Stranger},
    avatar,
    dav::{Body, Dav, Home},
    discovery,
    maintenance::Switch,
    ocs,
    people::People,
    previews,
    public::Proofs,
    push::Rests,
    route::{Asset, DavRoot, Route, WipeStep},
    theming,
    web::{self, Web},
};

/// What a [`Nextcloud`] is made of.
#[derive(Debug, Clone)]
pub struct NextcloudParts {
    /// The file service.
    pub files: Files,
    /// The people.
    pub accounts: Accounts,
    /// Shares, links and team folders, which the file service shows in people's homes; see
    /// [`Files::with_mounts`].
    pub sharing: Sharing,
    /// Labels on files.
    pub tags: Tags,
    /// What people say of files.
    pub comments: Comments,
    /// Files that people want to be reminded of.
    pub reminders: Reminders,
    /// What happened, and what people are told of it.
    pub events: Events,
    /// Small pictures of images.
    pub previews: Previews,
    /// The name that ends every file id.
    pub instance: InstanceId,
    /// What an embedder may choose.
    pub options: NextcloudOptions,
}

/// What an embedder may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextcloudOptions {
    /// The name of the installation, on pages and in clients.
    pub name: String,
    /// A sentence about it, for clients that show one.
    pub slogan: String,
    /// The colour of clients' title bars: `#` and six hexadecimal digits.
    pub color: String,
    /// What `oc:data-fingerprint` says of every file: another text after a backup was
    /// restored, by which desktop clients learn to upload what is newer instead of deleting
    /// it. See [`Accounts::data_fingerprint`].
    pub data_fingerprint: Arc<str>,
    /// The push proxies that devices may be told of notifications by; with none of them,
    /// nothing is sent to anybody. Devices choose a proxy, so that any address that is not
    /// here would be one that any person could have requests sent to.
    pub push_proxies: Vec<String>,
}

impl Default for NextcloudOptions {
    fn default() -> Self {
        Self {
            name: "Allmende".into(),
            slogan: "Files in common hands".into(),
            color: "#0b4f3a".into(),
            data_fingerprint: "".into(),
            push_proxies: vec![crate::push::PUSH_PROXY.into()],
        }
    }
}

/// Everything below one host name, as Nextcloud's clients know it: a tower service that
/// never fails. Cheap to clone.
///
/// The embedder puts an [`Origin`] into each request's extensions.
#[derive(Debug, Clone)]
pub struct Nextcloud {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) files: Files,
    pub(crate) accounts: Accounts,
    pub(crate) sharing: Sharing,
    pub(crate) tags: Tags,
    pub(crate) comments: Comments,
    pub(crate) reminders: Reminders,
    pub(crate) events: Events,
    pub(crate) previews: Previews,
    pub(crate) people: People,
    pub(crate) instance: Arc<InstanceId>,
    pub(crate) options: NextcloudOptions,
    maintenance: Switch,
    pub(crate) proofs: Proofs,
    pub(crate) rests: Rests,
    pub(crate) dav: Dav,
    ocs: ocs::Ocs,
}

impl Nextcloud {
    /// The service over these parts.
    #[must_use]
    pub fn new(parts: NextcloudParts) -> Self {
        let NextcloudParts {
            files,
            accounts,
            sharing,
            tags,
            comments,
            reminders,
            events,
            previews,
            instance,
            options,
        } = parts;
        let inner = Inner {
            people: People(accounts.clone()),
            dav: Dav::new(),
            files,
            accounts,
            sharing,
            tags,
            comments,
            reminders,
            events,
            previews,
            instance: Arc::new(instance),
            options,
            maintenance: Switch::default(),
            proofs: Proofs::default(),
            rests: Rests::default(),
            ocs: ocs::Ocs::new(),
        };
        Self { inner: Arc::new(inner) }
    }
}

impl<B> Service<Request<B>> for Nextcloud
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<DavBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let inner = self.inner.clone();
        let request = request.map(Body::new);
        Box::pin(async move { Ok(inner.answer(request).await) })
    }
}

impl Inner {
    /// The WebDAV part.
    pub(crate) fn dav(&self) -> &Dav {
        &self.dav
    }

    /// The time of now, from the clock of the file service.
    pub(crate) fn now(&self) -> Timestamp {
        self.files.now()
    }

    /// The name of the session cookie.
    pub(crate) fn session_cookie(&self) -> &str {
        self.instance.as_str()
    }

    /// Says who sends a request.
    pub(crate) async fn authenticate(
        &self,
        request: &Parts,
        origin: &Origin,
    ) -> Result<Arc<Authenticated>, Stranger> {
        let (session, now) = (self.session_cookie(), self.now());
        auth::authenticate(&self.accounts, request, origin, session, now).await
    }

    async fn answer(&self, request: Request<Body>) -> Response<DavBody> {
        let mut response = self.route(request).await;
        let headers = response.headers_mut();
        for (name, value) in PROTECTION {
            headers.entry(name).or_insert(value);
        }
        response
    }

    async fn route(&self, request: Request<Body>) -> Response<DavBody> {
        let origin = Origin::of(&request);
        let path = request.uri().path().to_owned();
        let full = |response: Response<Bytes>| response.map(DavBody::full);
        let route = Route::of(&path);
        if self.maintenance.is_on(&self.accounts, self.now()).await
            && let Some(response) = self.refuse_in_maintenance(&route, &request)
        {
            return response;
        }
        match route {
            Route::Dav(root) => self.serve_dav(root, request, &origin).await,
            Route::Direct(token) => self.direct(token, request, &origin).await,
            Route::Public(root) => self.public(root, request, &origin).await,
            Route::Ocs => full(self.ocs.answer(Base::Api, self, request, &origin).await),
            Route::TeamFolders => {
                full(self.ocs.answer(Base::FrontPage, self, request, &origin).await)
            }
            Route::Status => full(discovery::status(Maintenance::Off)),
            Route::Connectivity => full(discovery::empty(StatusCode::NO_CONTENT)),
            Route::DavDiscovery => full(discovery::dav(&origin)),
            Route::WellKnown(name) => full(discovery::not_supported(name)),
            Route::OcsProvider => full(discovery::ocs_provider()),
            Route::Theming(rest) => {
                full(theming::answer(self, &origin, request.method(), rest).await)
            }
            Route::Page(page) => {
                full(Web { inner: self, origin: &origin }.answer(page, request).await)
            }
            Route::Wipe(step) => full(self.wipe(step, request).await),
            Route::Avatar { user, size } => full(self.avatar(user, size, request).await),
            Route::GuestAvatar { name, size } => full(guest_avatar(name, size).await),
            Route::Asset(asset) => full(static_file(asset)),
            Route::Preview(of) => full(self.preview(of, &request.into_parts().0, &origin).await),
            Route::MediaIcon => full(previews::media_icon(&request.into_parts().0, &origin)),
            Route::Cron => {
                full(discovery::json(StatusCode::OK, &serde_json::json!({ "status": "success" })))
            }
            Route::Robots => full(text("User-agent: *\nDisallow: /\n")),
            Route::Unknown => full(web::not_found(self, request.headers())),
        }
    }

    async fn serve_dav(
        &self,
        root: DavRoot,
        request: Request<Body>,
        origin: &Origin,
    ) -> Response<DavBody> {
        let (parts, body) = request.into_parts();
        let who = match self.authenticate(&parts, origin).await {
            Ok(who) => who,
            Err(stranger) => return self.refuse_dav(&parts, stranger),
        };
        let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let own = || auth::is_own(&self.accounts, &who, &parts.headers, self.session_cookie());
        if !safe && !own() {
            let error = DavError::new(ErrorKind::Unauthorized, "CSRF check not passed.");
            return self.dav.refuse(&Mount::root(), &error);
        }
        if !who.opens_files() {
            let error = DavError::new(ErrorKind::NotFound, "This app password opens no files");
            return self.dav.refuse(&Mount::root(), &error);
        }
        let view = match self.files.view(&who.person.id).await {
            Ok(view) => view.with_origin(origin.told(&parts.headers)),
            Err(error) => {
                return self.dav.refuse(&Mount::root(), &crate::dav::from_files(error));
            }
        };
        let home = Home {
            view,
            display_name: who.person.display_name.as_str().into(),
            sharing: self.sharing.clone(),
            tags: self.tags.clone(),
            comments: self.comments.clone(),
            reminders: self.reminders.clone(),
            instance: self.instance.clone(),
            data_fingerprint: self.options.data_fingerprint.clone(),
        };
        let request = Request::from_parts(parts, body);
        let mut response = self.dav.handle(root, &home, &self.people, request).await;
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(who.person.id.as_str()) {
            headers.insert("x-user-id", id);
        }
        let nothing = HeaderValue::from_static("default-src 'none';");
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
        response
    }

    /// What the WebDAV part says to strangers. Only 401 makes the desktop client ask for
    /// the password again; what could not be found out is 503.
    fn refuse_dav(&self, request: &Parts, stranger: Stranger) -> Response<DavBody> {
        let script = request.headers.get("x-requested-with").is_some_and(|v| v == "XMLHttpRequest");
        let unauthorized = |text: &'static str| DavError::new(ErrorKind::Unauthorized, text);
        let wait = match &stranger {
            Stranger::TooMany { retry_after } => Some(auth::seconds(*retry_after)),
            _ => None,
        };
        let error = match stranger {
            Stranger::Anonymous if script => unauthorized("Cannot authenticate over ajax calls"),
            Stranger::Anonymous => unauthorized(
                "No 'Authorization: Basic' header found. Either the client didn't send one, or \
                 the server is misconfigured",
            ),
            Stranger::Rejected => unauthorized("Username or password was incorrect"),
            Stranger::Disabled => DavError::new(
                ErrorKind::Unavailable,
                "OC\\User\\DisabledUserException: Account disabled",
            ),
            Stranger::TooMany { .. } => {
                DavError::new(ErrorKind::Throttled, "Too many failed attempts")
                    .with_hint("too many requests")
            }
            Stranger::Unknown(error) => {
                DavError::new(ErrorKind::Unavailable, "The server cannot answer now")
                    .with_source(error)
            }
        };
        let mut response = self.dav.refuse(&Mount::root(), &error);
        if error.kind() == ErrorKind::Unauthorized {
            let challenge = auth::challenge(&request.headers);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }

    /// The steps of a remote wipe. A client deletes its data when it hears 200 with
    /// `wipe: true`, so everything but that one case is 404, and a failed look-up 503.
    async fn wipe(&self, step: WipeStep, request: Request<Body>) -> Response<Bytes> {
        if request.method() != Method::POST {
            return discovery::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        let Ok(fields) = web::fields(request).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let token = fields.get("token").map_or("", String::as_str);
        let outcome = match step {
            WipeStep::Check => self.accounts.wipe_requested(token).await,
            WipeStep::Success => self.accounts.wipe_finished(token).await,
        };
        match (step, outcome) {
            (WipeStep::Check, Ok(true)) => {
                discovery::json(StatusCode::OK, &serde_json::json!({ "wipe": true }))
            }
            (WipeStep::Success, Ok(true)) => discovery::json(StatusCode::OK, &[(); 0]),
            (_, Ok(false)) => discovery::json(StatusCode::NOT_FOUND, &[(); 0]),
            (_, Err(error)) => {
                tracing::warn!(%error, "a remote wipe could not be looked up");
                discovery::empty(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }

    async fn avatar(&self, user: &str, size: &str, request: Request<Body>) -> Response<Bytes> {
        let missing = || discovery::json(StatusCode::NOT_FOUND, &[(); 0]);
        let (parts, _) = request.into_parts();
        let Ok(user) = allmende_webdav_proto::href::decode(user) else { return missing() };
        let known = match self.people.find(&user).await {
            Ok(Some(known)) => known,
            Ok(None) => return missing(),
            Err(_) => return discovery::empty(StatusCode::SERVICE_UNAVAILABLE),
        };
        // Observed: a size that is no number is the small one.
        let size = size.parse().unwrap_or(64);
        match avatar::Picture::of(&self.accounts, &known, size, avatar::Form::Png).await {
            Some(picture) => picture.respond(&parts.headers),
            None => discovery::empty(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// The picture of somebody without an account, by the name that is shown of them.
async fn guest_avatar(name: &str, size: &str) -> Response<Bytes> {
    let Ok(name) = allmende_webdav_proto::href::decode(name) else {
        return discovery::empty(StatusCode::BAD_REQUEST);
    };
    let size = size.parse().unwrap_or(64);
    match avatar::Picture::of_guest(&name, size).await {
        Some(picture) => picture.respond_to_guest(),
        None => discovery::empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// What every answer tells browsers, as the original does: types are not guessed, nothing
/// is framed, and no address leaks to other sites or into search engines.
const PROTECTION: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
    (
        HeaderName::from_static("x-permitted-cross-domain-policies"),
        HeaderValue::from_static("none"),
    ),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow")),
];

pub(crate) fn static_file(asset: Asset) -> Response<Bytes> {
    let (media_type, bytes): (_, &'static [u8]) = match asset {
        Asset::Style => ("text/css; charset=utf-8", include_bytes!("../assets/allmende.css")),
        Asset::Logo => ("image/svg+xml", include_bytes!("../assets/logo.svg")),
        Asset::Icon(icon) => ("image/svg+xml", icon.svg()),
    };
    let mut response = Response::new(Bytes::from_static(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

fn text(text: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
