//! The OCS interface: `/ocs/v1.php/…` and `/ocs/v2.php/…`.
//!
//! The `ocs` crate knows requests, answers and routes; here stand the handlers, one file
//! per group of endpoints, and what is common to them: who calls, and whether they may.

mod absent;
mod activity;
mod app_config;
mod app_passwords;
mod apps;
mod capabilities;
mod circles;
mod completion;
pub(crate) mod contact;
mod dashboard;
mod direct_link;
mod download_limit;
mod edit;
mod files_lock;
mod folder_tree;
mod groups;
mod identity_proof;
mod navigation;
mod new_person;
mod notifications;
mod open_local;
mod openproject;
mod password_policy;
mod people;
mod person;
mod phone_book;
mod preferences;
mod profile;
mod profile_page;
mod recommendations;
mod reminders;
mod rich;
mod search;
pub(crate) mod settings;
mod sharees;
mod shares;
pub(crate) mod user_status;
mod welcome;

use std::{pin::Pin, sync::Arc};

use allmende_accounts::{Accounts, Authenticated, Method as Proven};
use allmende_files::View;
use allmende_ocs::{
    Access, Base, Code, Confirmation, Endpoint, Envelope, OcsError, OcsRequest, PathParams, Reply,
    RequestLimits, RouteError, Router, ServerEndpoint, Version, csrf_failed, endpoints as e,
    is_api_request,
};
use allmende_types::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};

use crate::{
    Origin,
    auth::{self, Stranger},
    dav::Body,
    service::Inner,
    teams,
};

pub(crate) use self::direct_link::may_take;
pub(crate) use self::notifications::{Audience, show as show_notifications};
pub(crate) use self::rich::language;

/// Bytes of a request's body: the longest is a profile field.
const MAX_BODY: usize = 256 * 1024;
/// For how many seconds a password that was given once more is enough.
const CONFIRMED: i64 = 30 * 60;

/// What a handler answers.
type Outcome<T> = Result<Reply<T>, OcsError>;

/// A handler with its endpoint's types erased.
pub(crate) type Handler = for<'a> fn(
    &'a Call<'a>,
    &'a OcsRequest,
    &'a PathParams,
) -> Pin<Box<dyn Future<Output = Response<Bytes>> + Send + 'a>>;

/// One call of the interface.
pub(crate) struct Call<'a> {
    pub(crate) inner: &'a Inner,
    origin: &'a Origin,
    headers: &'a HeaderMap,
    /// The people, in whose events stands who calls.
    accounts: Accounts,
    /// Who calls; none only where everybody may.
    who: Option<Arc<Authenticated>>,
}

impl Call<'_> {
    /// Who calls an endpoint that needs a person.
    pub(crate) fn who(&self) -> Result<&Authenticated, OcsError> {
        self.who.as_deref().ok_or_else(OcsError::not_logged_in)
    }

    /// The caller's files, unless what they showed opens none. Whoever hands out an address
    /// that opens files comes by here, too.
    pub(crate) async fn view(&self) -> Result<View, OcsError> {
        let who = self.who()?;
        if !who.opens_files() {
            return Err(OcsError::new(Code::NOT_FOUND, "This app password opens no files"));
        }
        self.inner.files.view(&who.person.id).await.map_err(unavailable)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.now()
    }
}

macro_rules! routes {
    ($($endpoint:ty => $handler:path,)*) => {
        Router::<Handler>::default()$(.with::<$endpoint>(|call, request, params| {
            Box::pin(async move {
                let outcome = match <$endpoint>::read_request(request, params) {
                    Ok(input) => $handler(call, input).await,
                    Err(error) => Err(error),
                };
                <$endpoint>::write_response(request, outcome)
            })
        }))*
    };
}

/// The routes of the interface.
#[derive(Debug)]
pub(crate) struct Ocs {
    router: Router<Handler>,
    /// What lies below `/index.php` instead.
    front_page: Router<Handler>,
}

impl Ocs {
    pub(crate) fn new() -> Self {
        let mut router = routes! {
            e::cloud::capabilities::Get => capabilities::get,
            e::config::Get => capabilities::config,
            e::cloud::user::Get => people::me,
            e::cloud::user::Fields => people::my_fields,
            e::cloud::user::FieldsOf => people::fields_of,
            e::cloud::users::List => people::list,
            e::cloud::users::Details => people::details,
            e::cloud::users::Disabled => people::disabled,
            e::cloud::users::Recent => people::recent,
            e::cloud::users::Create => new_person::create,
            e::cloud::users::Get => people::get,
            e::cloud::users::Edit => edit::edit,
            e::cloud::users::Patch => edit::patch,
            e::cloud::users::EditCollection => edit::edit_collection,
            e::cloud::users::SearchByPhone => phone_book::search,
            e::cloud::users::Welcome => welcome::again,
            e::cloud::users::Delete => people::delete,
            e::cloud::users::Enable => people::enable,
            e::cloud::users::Disable => people::disable,
            e::cloud::users::Wipe => people::wipe,
            e::cloud::users::Groups => groups::of_person,
            e::cloud::users::AddToGroup => groups::join,
            e::cloud::users::RemoveFromGroup => groups::leave,
            e::cloud::users::Subadmins => groups::administered_by,
            e::cloud::users::AddSubadmin => groups::add_administrator,
            e::cloud::users::RemoveSubadmin => groups::remove_administrator,
            e::cloud::groups::List => groups::list,
            e::cloud::groups::Details => groups::details,
            e::cloud::groups::Create => groups::create,
            e::cloud::groups::Get => groups::members_for_managers,
            e::cloud::groups::Users => groups::members,
            e::cloud::groups::UserDetails => groups::member_details,
            e::cloud::groups::SubAdmins => groups::administrators,
            e::cloud::groups::Edit => groups::edit,
            e::cloud::groups::Delete => groups::delete,
            e::core::app_password::Create => app_passwords::create,
            e::core::app_password::FromOneTime => app_passwords::from_one_time,
            e::core::app_password::Revoke => app_passwords::revoke,
            e::core::app_password::Rotate => app_passwords::rotate,
            e::core::app_password::Confirm => app_passwords::confirm,
            e::core::navigation::Apps => navigation::apps,
            e::core::navigation::Settings => navigation::settings,
            e::core::autocomplete::Get => completion::autocomplete,
            e::hovercard::Get => completion::hovercard,
            e::identity_proof::Get => identity_proof::get,
            e::cloud::apps::List => apps::list,
            e::cloud::apps::Own => apps::own,
            e::cloud::apps::Get => apps::get,
            e::cloud::apps::Enable => apps::enable,
            e::cloud::apps::Disable => apps::disable,
            e::app_config::ListApps => app_config::apps,
            e::app_config::ListKeys => app_config::keys,
            e::app_config::Get => app_config::get,
            e::app_config::Delete => app_config::delete,
            e::direct_link::Create => direct_link::create,
            e::files_lock::Set => files_lock::set,
            e::files_lock::End => files_lock::end,
            e::circles::List => circles::list,
            e::circles::Create => circles::create,
            e::circles::Get => circles::get,
            e::circles::Delete => circles::delete,
            e::circles::SetName => circles::set_name,
            e::circles::SetDescription => circles::set_description,
            e::circles::SetConfig => circles::set_config,
            e::circles::Join => circles::join,
            e::circles::Leave => circles::leave,
            e::circles::Members => circles::members,
            e::circles::Add => circles::add,
            e::circles::AddMany => circles::add_many,
            e::circles::Confirm => circles::confirm,
            e::circles::Remove => circles::remove,
            e::circles::SetLevel => circles::set_level,
            e::circles::Find => circles::find,
            e::reminders::Get => reminders::get,
            e::reminders::Set => reminders::set,
            e::reminders::Delete => reminders::delete,
            e::download_limit::Get => download_limit::get,
            e::download_limit::Set => download_limit::set,
            e::download_limit::Delete => download_limit::delete,
            e::download_limit::SetDefault => download_limit::set_default,
            e::preferences::Set => preferences::set,
            e::preferences::SetMany => preferences::set_many,
            e::preferences::Delete => preferences::delete,
            e::preferences::DeleteMany => preferences::delete_many,
            e::profile::Get => profile_page::get,
            e::profile::SetVisibility => profile_page::set_visibility,
            e::files_sharing::shares::List => shares::list,
            e::files_sharing::shares::Get => shares::get,
            e::files_sharing::shares::Create => shares::create,
            e::files_sharing::shares::Update => shares::update,
            e::files_sharing::shares::Delete => shares::delete,
            e::files_sharing::shares::SendMail => shares::send_mail,
            e::files_sharing::shares::Inherited => shares::inherited,
            e::files_sharing::shares::Pending => shares::pending,
            e::files_sharing::shares::Accept => shares::accept,
            e::files_sharing::shares::Decline => shares::decline,
            e::files_sharing::deleted::List => shares::deleted,
            e::files_sharing::deleted::Restore => shares::restore,
            e::files_sharing::remote::List => shares::remote,
            e::files_sharing::remote::Pending => shares::remote,
            e::files_sharing::sharees::Search => sharees::search,
            e::files_sharing::sharees::Recommended => sharees::recommended,
            e::files_sharing::token::Get => shares::token,
            e::search::Providers => search::providers,
            e::search::Search => search::search,
            e::files::direct_editing::List => absent::editors,
            e::files::direct_editing::ListTemplates => absent::editor_templates,
            e::files::direct_editing::Open => absent::edit,
            e::files::direct_editing::Create => absent::make,
            e::files::templates::List => absent::templates,
            e::files::open_local::Create => open_local::create,
            e::files::open_local::Validate => open_local::validate,
            e::dashboard::Widgets => dashboard::widgets,
            e::dashboard::ItemsV1 => dashboard::items_v1,
            e::dashboard::Items => dashboard::items_v2,
            e::recommendations::Get => recommendations::get,
            e::recommendations::GetAlways => recommendations::get,
            e::assistance::Tasks => absent::task_types,
            e::assistance::TextTasks => absent::task_types,
            e::assistance::Pictures => absent::pictures,
            e::assistance::Translations => absent::translations,
            e::references::Extract => absent::extract,
            e::references::ResolveOne => absent::resolve_one,
            e::references::Resolve => absent::resolve,
            e::references::Providers => absent::reference_providers,
            e::teams::OfResource => absent::teams,
            e::teams::Collections => absent::collections,
            e::password_policy::Generate => password_policy::generate,
            e::password_policy::Validate => password_policy::validate,
            e::openproject::File => openproject::file,
            e::openproject::Files => openproject::files,
            e::person::Check => people::check,
            e::notifications::List => notifications::list,
            e::notifications::Get => notifications::get,
            e::notifications::Exists => notifications::exists,
            e::notifications::Delete => notifications::delete,
            e::notifications::DeleteAll => notifications::delete_all,
            e::notifications::RegisterDevice => notifications::push::register,
            e::notifications::RemoveDevice => notifications::push::remove,
            e::activity::List => activity::list,
            e::activity::Filtered => activity::list,
            e::activity::Filters => activity::filters,
            e::user_status::Get => user_status::get,
            e::user_status::SetPresence => user_status::set_presence,
            e::user_status::SetPredefinedMessage => user_status::set_predefined,
            e::user_status::SetCustomMessage => user_status::set_custom,
            e::user_status::ClearMessage => user_status::clear_message,
            e::user_status::Revert => user_status::revert,
            e::user_status::ListPredefined => user_status::predefined,
            e::user_status::List => user_status::list,
            e::user_status::GetOf => user_status::get_of,
            e::user_status::Heartbeat => user_status::heartbeat,
        };
        router.insert(&e::files::tree::Get::METADATA, |call, request, params| {
            Box::pin(folder_tree::answer(call, request, params))
        });
        router.insert(&e::app_config::Set::METADATA, |call, request, params| {
            Box::pin(app_config::set(call, request, params))
        });
        Self { router, front_page: teams::routes() }
    }

    /// Answers a request on what lies below a base.
    pub(crate) async fn answer(
        &self,
        base: Base,
        inner: &Inner,
        request: Request<Body>,
        origin: &Origin,
    ) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let mut envelope = Envelope::of(&parts);
        if base == Base::FrontPage {
            envelope.version = Version::V1;
        }
        let who = inner.authenticate(&parts, origin).await;
        let own = match &who {
            Ok(who) => {
                let session = inner.session_cookie();
                // Basic credentials come along by themselves in a browser too.
                is_api_request(&parts.headers)
                    || matches!(who.method, Proven::Session { .. })
                        && auth::is_own(&inner.accounts, who, &parts.headers, session)
            }
            Err(_) => is_api_request(&parts.headers),
        };
        if !own {
            return csrf_failed();
        }
        let Ok(body) = body.collect(MAX_BODY).await else {
            return envelope.failure(&OcsError::bad_request("The body cannot be read"));
        };
        let limits = RequestLimits::default();
        let (request, router) = match base {
            Base::Api => (OcsRequest::parse(&parts, &body, limits), &self.router),
            Base::FrontPage => {
                (OcsRequest::parse_front_page(&parts, &body, limits), &self.front_page)
            }
        };
        let request = match request {
            Ok(request) => request,
            Err(refusal) => return refusal.into_response(),
        };
        let route = match router.find(request.method(), request.path()) {
            Ok(route) => route,
            Err(RouteError::Unknown) if base == Base::FrontPage => {
                return crate::web::not_found(inner, &parts.headers);
            }
            Err(error) => return error.into_response(request.envelope()),
        };
        let access = route.metadata.access;
        let who = match who {
            Ok(who) => Some(who),
            Err(Stranger::Anonymous) if access == Access::Public => None,
            Err(stranger) => {
                return request.envelope().failure(&refusal(&stranger, &parts.headers));
            }
        };
        if let Some(who) = &who
            && let Err(error) = admit(inner, who, access, route.metadata.confirmation).await
        {
            return request.envelope().failure(&error);
        }
        let accounts = auth::acting(inner, origin, &parts.headers, who.as_deref());
        let call = Call { inner, origin, headers: &parts.headers, accounts, who };
        let mut response = (route.target)(&call, &request, &route.params).await;
        let id = call.who.as_ref().map(|who| HeaderValue::from_str(who.person.id.as_str()));
        if let Some(Ok(id)) = id {
            response.headers_mut().insert("x-user-id", id);
        }
        response
    }
}

/// What strangers hear.
fn refusal(stranger: &Stranger, headers: &HeaderMap) -> OcsError {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.is_some_and(|value| value.to_ascii_lowercase().starts_with("bearer"));
    match stranger {
        Stranger::Anonymous => OcsError::not_logged_in(),
        // Observed: a wrong bearer token counts as none.
        Stranger::Rejected if bearer => OcsError::not_logged_in(),
        Stranger::Rejected | Stranger::Disabled => OcsError::unauthorised(headers),
        Stranger::TooMany { retry_after } => {
            OcsError::new(Code::TOO_MANY_REQUESTS, "Too many requests")
                .with_header(header::RETRY_AFTER, auth::seconds(*retry_after))
        }
        Stranger::Unknown(_) => OcsError::unavailable(),
    }
}

/// Whether a person may call an endpoint at all.
async fn admit(
    inner: &Inner,
    who: &Authenticated,
    access: Access,
    confirmation: Confirmation,
) -> Result<(), OcsError> {
    match access {
        Access::Public | Access::User => {}
        Access::Admin if who.administrator => {}
        Access::Admin => return Err(OcsError::admin_required()),
        Access::SubAdmin if who.administrator => {}
        Access::SubAdmin => {
            let memberships = inner.accounts.memberships_of(&who.person.id).await;
            if memberships.map_err(unavailable)?.administers.is_empty() {
                return Err(OcsError::subadmin_required());
            }
        }
    }
    let recent = |at: Timestamp| inner.now().unix() - at.unix() <= CONFIRMED;
    let confirmed = who.method == Proven::Password || who.confirmed.is_some_and(recent);
    if confirmation == Confirmation::Password && !confirmed {
        return Err(OcsError::password_confirmation_required());
    }
    Ok(())
}

/// A look-up that failed is no answer about anything.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> OcsError {
    tracing::warn!(%error, "an OCS call could not be answered");
    OcsError::unavailable()
}

/// An error of the provisioning interface, which has codes and no messages.
fn code(code: Code) -> OcsError {
    OcsError::new(code, "")
}
