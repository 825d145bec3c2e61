//! The URL space: which part of the server a path belongs to.

use crate::{
    previews::{Icon, Pictured},
    public::PublicRoot,
};

/// The part of the server that answers a path.
///
/// Paths below `index.php` are the same with and without it: clients use both, by what
/// the server once told them of its address rewriting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// `/status.php`, the first request of every client.
    Status,
    /// `/index.php/204`, the check for a captive portal.
    Connectivity,
    /// `/.well-known/caldav` and `carddav`, by which groupware clients find the DAV root.
    DavDiscovery,
    /// Any other `/.well-known/…`, with what follows.
    WellKnown(&'a str),
    /// `/remote.php/dav/…` and `/remote.php/webdav/…`.
    Dav(DavRoot),
    /// `/remote.php/direct/{token}`, and the same for OpenProject, which adds a name: a file
    /// for whoever knows the address.
    Direct(&'a str),
    /// `/public.php/…`: what links lead to.
    Public(PublicRoot<'a>),
    /// `/ocs/v1.php/…` and `/ocs/v2.php/…`.
    Ocs,
    /// `/apps/groupfolders/…`: the administration of team folders.
    TeamFolders,
    /// `/ocs-provider/`, the list of OCS services.
    OcsProvider,
    /// `/apps/theming/…`: how the installation looks.
    Theming(&'a str),
    /// The pages and calls of a person's browser.
    Page(Page<'a>),
    /// `/core/wipe/check` and `/core/wipe/success`.
    Wipe(WipeStep),
    /// `/avatar/{user}/{size}`, with an optional `/dark` behind it.
    Avatar { user: &'a str, size: &'a str },
    /// `/avatar/guest/{name}/{size}`: the picture of somebody without an account.
    GuestAvatar { name: &'a str, size: &'a str },
    /// A static file that pages use.
    Asset(Asset),
    /// `/core/preview` and its relatives: pictures of files.
    Preview(Pictured<'a>),
    /// `/core/mimeicon`: the icon of a media type.
    MediaIcon,
    /// `/cron.php`, which a timer may call.
    Cron,
    /// `/robots.txt`.
    Robots,
    /// Nothing.
    Unknown,
}

/// A root of the WebDAV part, by the first segment behind `/remote.php/dav`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DavRoot {
    /// `/remote.php/dav` itself.
    Root,
    /// `files`: people's trees.
    Files,
    /// `/remote.php/webdav`: the caller's own tree.
    Legacy,
    /// `groupfolders`: people's team folders, side by side.
    TeamFolders,
    /// `uploads`: the parts of uploads.
    Uploads,
    /// `bulk`: many small files in one request.
    Bulk,
    /// `trashbin`: what people removed.
    Trash,
    /// `versions`: what people overwrote.
    Versions,
    /// `principals`.
    Principals,
    /// `avatars`.
    Avatars,
    /// `systemtags`: the labels that there are.
    Tags,
    /// `systemtags-relations`: the labels of files.
    TagRelations,
    /// `systemtags-assigned`: the labels in use.
    TagsInUse,
    /// `comments`.
    Comments,
    /// Anything else.
    Unknown,
}

/// A page or call of a person's browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page<'a> {
    /// `/`, and the pages of apps that are not there.
    Home,
    /// `/login`.
    Login,
    /// `/login/confirm`: the password once more.
    LoginConfirm,
    /// `/logout`.
    Logout,
    /// `/lostpassword/reset/form/{token}`: a link to choose a password by.
    ChoosePassword(&'a str),
    /// `/csrftoken`.
    CsrfToken,
    /// `/login/flow` and what follows: the login flow of before version 2.
    LegacyFlow(&'a str),
    /// `/login/v2`: a client starts the flow.
    FlowStart,
    /// `/login/v2/poll`: a client asks whether it was let in.
    FlowPoll,
    /// `/login/v2/flow/{token}`: the address that the client opens in a browser.
    FlowOpen(&'a str),
    /// `/login/v2/flow`: the first page.
    FlowConnect,
    /// `/login/v2/grant`.
    FlowGrant,
    /// `/login/v2/apptoken`: let in by an app password.
    FlowAppPassword,
    /// `/settings/personal/authtokens` and what follows: a person's app passwords.
    AppPasswords(&'a str),
    /// `/s/{token}` and what follows the token: the page of a public link.
    Link { token: &'a str, rest: &'a str },
    /// `/apps/oauth2/…`: programs that act for a person.
    OAuth2(&'a str),
    /// `/apps/integration_openproject/…`: files that OpenProject's pages put here.
    OpenProject(&'a str),
    /// `/avatar`: the picture of who asks.
    OwnAvatar,
    /// `/contactsmenu/…`: people, for the menu of contacts.
    Contacts(&'a str),
    /// `/u/{id}`: what a person shows of themselves.
    Profile(&'a str),
    /// `/f/{id}`: the deep link of a file.
    File(&'a str),
    /// `/apps/files/…`: where the deep link leads to.
    FilesApp(&'a str),
}

/// A step of a remote wipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WipeStep {
    Check,
    Success,
}

/// A static file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asset {
    Style,
    Logo,
    /// `/core/img/filetypes/{kind}.svg`.
    Icon(Icon),
}

impl<'a> Route<'a> {
    /// The route of a request's path, as it stands in the request line.
    pub(crate) fn of(path: &'a str) -> Self {
        let inside = |prefix: &str| {
            let rest = path.strip_prefix(prefix)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        if let Some(rest) = inside("/remote.php") {
            if let Some(token) = rest.strip_prefix("/direct/") {
                return Self::Direct(token);
            }
            return Self::Dav(DavRoot::of(rest));
        }
        if let Some(rest) = inside("/public.php") {
            return Self::Public(PublicRoot::of(rest));
        }
        if inside("/ocs/v1.php").is_some() || inside("/ocs/v2.php").is_some() {
            return Self::Ocs;
        }
        match path {
            "/status.php" => return Self::Status,
            "/cron.php" => return Self::Cron,
            "/robots.txt" => return Self::Robots,
            "/ocs-provider" | "/ocs-provider/" => return Self::OcsProvider,
            _ => {}
        }
        Self::of_page(inside("/index.php").unwrap_or(path))
    }

    fn of_page(path: &'a str) -> Self {
        let path = path.trim_end_matches('/');
        let below =
            |prefix: &str| path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
        match path {
            "" => Self::Page(Page::Home),
            "/204" => Self::Connectivity,
            "/login" => Self::Page(Page::Login),
            "/login/confirm" => Self::Page(Page::LoginConfirm),
            "/logout" => Self::Page(Page::Logout),
            "/csrftoken" => Self::Page(Page::CsrfToken),
            "/login/flow" => Self::Page(Page::LegacyFlow("")),
            "/login/v2" => Self::Page(Page::FlowStart),
            "/login/v2/poll" => Self::Page(Page::FlowPoll),
            "/login/v2/flow" => Self::Page(Page::FlowConnect),
            "/login/v2/grant" => Self::Page(Page::FlowGrant),
            "/login/v2/apptoken" => Self::Page(Page::FlowAppPassword),
            "/core/wipe/check" => Self::Wipe(WipeStep::Check),
            "/core/wipe/success" => Self::Wipe(WipeStep::Success),
            "/core/css/allmende.css" => Self::Asset(Asset::Style),
            "/core/img/logo.svg"
            | "/core/img/logo/logo.svg"
            | "/core/img/favicon.ico"
            | "/favicon.ico" => Self::Asset(Asset::Logo),
            "/core/img/manifest.json" => Self::Theming("manifest"),
            "/core/preview" | "/core/preview.png" => Self::Preview(Pictured::Query),
            "/apps/files_trashbin/preview" => Self::Preview(Pictured::Trashed),
            "/apps/files_versions/preview" => Self::Preview(Pictured::Version),
            "/core/mimeicon" => Self::MediaIcon,
            "/.well-known/caldav" | "/.well-known/carddav" => Self::DavDiscovery,
            "/settings/personal/authtokens" => Self::Page(Page::AppPasswords("")),
            "/avatar" => Self::Page(Page::OwnAvatar),
            "/apps/files" => Self::Page(Page::FilesApp("")),
            _ => {
                if let Some(rest) = below("/lostpassword/reset/form") {
                    Self::Page(Page::ChoosePassword(rest))
                } else if let Some(token) = below("/login/v2/flow") {
                    Self::Page(Page::FlowOpen(token))
                } else if let Some(rest) = below("/login/flow") {
                    Self::Page(Page::LegacyFlow(rest))
                } else if let Some(rest) = below("/settings/personal/authtokens") {
                    Self::Page(Page::AppPasswords(rest))
                } else if let Some(rest) = below("/s") {
                    let (token, rest) = rest.split_once('/').unwrap_or((rest, ""));
                    if rest == "preview" {
                        return Self::Preview(Pictured::OfLink(token));
                    }
                    Self::Page(Page::Link { token, rest })
                } else if let Some(rest) = below("/apps/oauth2") {
                    Self::Page(Page::OAuth2(rest))
                } else if let Some(rest) = below("/apps/integration_openproject/direct") {
                    Self::Direct(rest.split_once('/').map_or(rest, |(token, _)| token))
                } else if let Some(rest) = below("/apps/integration_openproject") {
                    Self::Page(Page::OpenProject(rest))
                } else if below("/apps/groupfolders").is_some() {
                    Self::TeamFolders
                } else if let Some(rest) = below("/apps/theming") {
                    Self::Theming(rest)
                } else if let Some(id) = below("/u") {
                    Self::Page(Page::Profile(id))
                } else if let Some(id) = below("/f") {
                    Self::Page(Page::File(id))
                } else if let Some(rest) = below("/apps/files/api/v1/thumbnail") {
                    Self::Preview(Pictured::Thumbnail(rest))
                } else if let Some(token) = below("/apps/files_sharing/publicpreview") {
                    Self::Preview(Pictured::InLink(token))
                } else if let Some(icon) = below("/core/img/filetypes").and_then(Icon::of_file) {
                    Self::Asset(Asset::Icon(icon))
                } else if let Some(rest) = below("/apps/files") {
                    Self::Page(Page::FilesApp(rest))
                } else if let Some(rest) = below("/contactsmenu") {
                    Self::Page(Page::Contacts(rest))
                } else if let Some(rest) = below("/avatar") {
                    Self::of_avatar(rest)
                } else if let Some(rest) = below("/.well-known") {
                    Self::WellKnown(rest)
                } else {
                    Self::Unknown
                }
            }
        }
    }

    fn of_avatar(rest: &'a str) -> Self {
        let rest = rest.strip_suffix("/dark").unwrap_or(rest);
        if let Some((name, size)) = rest.strip_prefix("guest/").and_then(|r| r.split_once('/'))
            && !name.is_empty()
            && !size.contains('/')
        {
            return Self::GuestAvatar { name, size };
        }
        match rest.split_once('/') {
            Some((user, size)) if !user.is_empty() && !size.contains('/') => {
                Self::Avatar { user, size }
            }
            _ => Self::Unknown,
        }
    }
}

impl DavRoot {
    /// The root for what follows `/remote.php`.
    fn of(rest: &str) -> Self {
        let mut segments = rest.split('/').filter(|segment| !segment.is_empty());
        match (segments.next(), segments.next()) {
            (Some("webdav"), _) => Self::Legacy,
            (Some("dav"), None) => Self::Root,
            (Some("dav"), Some("files")) => Self::Files,
            (Some("dav"), Some("groupfolders")) => Self::TeamFolders,
            (Some("dav"), Some("uploads")) => Self::Uploads,
            (Some("dav"), Some("bulk")) => Self::Bulk,
            (Some("dav"), Some("trashbin")) => Self::Trash,
            (Some("dav"), Some("versions")) => Self::Versions,
            (Some("dav"), Some("principals")) => Self::Principals,
            (Some("dav"), Some("avatars")) => Self::Avatars,
            (Some("dav"), Some("systemtags")) => Self::Tags,
            (Some("dav"), Some("systemtags-relations")) => Self::TagRelations,
            (Some("dav"), Some("systemtags-assigned")) => Self::TagsInUse,
            (Some("dav"), Some("comments")) => Self::Comments,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_part() {
        for (path, route) in [
            ("/status.php", Route::Status),
            ("/index.php/204", Route::Connectivity),
            ("/204", Route::Connectivity),
            ("/", Route::Page(Page::Home)),
            ("/index.php", Route::Page(Page::Home)),
            ("/remote.php/dav", Route::Dav(DavRoot::Root)),
            ("/remote.php/dav/", Route::Dav(DavRoot::Root)),
            ("/remote.php/dav/files/alice/a", Route::Dav(DavRoot::Files)),
            ("/remote.php/dav/filesystem", Route::Dav(DavRoot::Unknown)),
            ("/remote.php/webdav", Route::Dav(DavRoot::Legacy)),
            ("/remote.php/dav/systemtags/7", Route::Dav(DavRoot::Tags)),
            ("/remote.php/dav/systemtags-relations/files/7", Route::Dav(DavRoot::TagRelations)),
            ("/remote.php/dav/systemtags-assigned/", Route::Dav(DavRoot::TagsInUse)),
            ("/remote.php/dav/comments/files/7", Route::Dav(DavRoot::Comments)),
            ("/remote.php/nothing", Route::Dav(DavRoot::Unknown)),
            ("/remote.php/direct/abc", Route::Direct("abc")),
            ("/index.php/apps/integration_openproject/direct/abc/a.txt", Route::Direct("abc")),
            (
                "/apps/integration_openproject/direct-upload/abc",
                Route::Page(Page::OpenProject("direct-upload/abc")),
            ),
            ("/remote.php5", Route::Unknown),
            ("/ocs/v2.php/cloud/user", Route::Ocs),
            ("/ocs/v3.php/cloud/user", Route::Unknown),
            ("/index.php/login/v2", Route::Page(Page::FlowStart)),
            ("/login/v2/flow/abc", Route::Page(Page::FlowOpen("abc"))),
            ("/index.php/login/flow", Route::Page(Page::LegacyFlow(""))),
            ("/login/flow/grant", Route::Page(Page::LegacyFlow("grant"))),
            ("/index.php/f/42", Route::Page(Page::File("42"))),
            ("/index.php/u/a%20b", Route::Page(Page::Profile("a%20b"))),
            ("/u", Route::Unknown),
            ("/apps/theming/theme/dark.css", Route::Theming("theme/dark.css")),
            ("/apps/theming", Route::Unknown),
            ("/s/abc", Route::Page(Page::Link { token: "abc", rest: "" })),
            (
                "/index.php/s/abc/authenticate/showShare",
                Route::Page(Page::Link { token: "abc", rest: "authenticate/showShare" }),
            ),
            ("/apps/oauth2/authorize", Route::Page(Page::OAuth2("authorize"))),
            ("/index.php/apps/groupfolders/folders/1", Route::TeamFolders),
            ("/index.php/avatar/alice/64", Route::Avatar { user: "alice", size: "64" }),
            ("/avatar/alice/64/dark", Route::Avatar { user: "alice", size: "64" }),
            ("/avatar/guest/A%20B/64", Route::GuestAvatar { name: "A%20B", size: "64" }),
            ("/avatar/guest/64", Route::Avatar { user: "guest", size: "64" }),
            ("/avatar/alice", Route::Unknown),
            ("/index.php/avatar/", Route::Page(Page::OwnAvatar)),
            ("/contactsmenu/findOne", Route::Page(Page::Contacts("findOne"))),
            ("/.well-known/caldav", Route::DavDiscovery),
            ("/index.php/.well-known/webfinger", Route::WellKnown("webfinger")),
            ("/settings/personal/authtokens/wipe/7", Route::Page(Page::AppPasswords("wipe/7"))),
            (
                "/apps/files/api/v1/thumbnail/64/64/a.png",
                Route::Preview(Pictured::Thumbnail("64/64/a.png")),
            ),
            ("/index.php/core/preview.png", Route::Preview(Pictured::Query)),
            ("/apps/files_sharing/publicpreview/abc", Route::Preview(Pictured::InLink("abc"))),
            ("/s/abc/preview", Route::Preview(Pictured::OfLink("abc"))),
            ("/index.php/apps/files_trashbin/preview", Route::Preview(Pictured::Trashed)),
            ("/remote.php/dav/trashbin/alice/trash", Route::Dav(DavRoot::Trash)),
            ("/index.php/apps/files_versions/preview", Route::Preview(Pictured::Version)),
            ("/remote.php/dav/versions/alice/versions/7", Route::Dav(DavRoot::Versions)),
            ("/core/img/filetypes/text.svg", Route::Asset(Asset::Icon(Icon::Text))),
            ("/core/img/filetypes/other.svg", Route::Unknown),
            ("/nothing", Route::Unknown),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }
}
