//! The properties of RFC 4918, 4331, 3253 and 5397.

use allmende_webdav_proto::{ActiveLock, Href, PropName, Tag, lock, multistatus::PropsWriter};
use async_trait::async_trait;
use http::Method;

use super::{NameListing, PropertyPage, PropertyProvider, Selection, Slot, Wanted};
use crate::{
    backend::{Backend, Entry, Quota, Resource},
    error::{Error, ErrorKind, Result},
    lock::Lock,
    mount::Mount,
};

/// What the core's own properties contain.
#[derive(Debug, Clone)]
pub struct CoreOptions {
    /// The live properties that `allprop` shows. The default is those of RFC 4918; the
    /// original shows fewer.
    pub allprop: Vec<PropName>,
    /// What `quota-available-bytes` says where there is no limit; without it the property
    /// is missing there. Nextcloud says -3.
    pub unlimited_quota: Option<i64>,
}

impl Default for CoreOptions {
    fn default() -> Self {
        let rfc_4918 = [
            Core::CreationDate,
            Core::DisplayName,
            Core::ContentLength,
            Core::ContentType,
            Core::ETag,
            Core::LastModified,
            Core::LockDiscovery,
            Core::ResourceType,
            Core::SupportedLock,
        ];
        let allprop = rfc_4918.map(|core| PropName::dav(core.local())).into();
        Self { allprop, unlimited_quota: None }
    }
}

/// The properties that every resource has by the standards.
#[derive(Debug)]
pub struct CoreProperties {
    options: CoreOptions,
    methods: Vec<Method>,
    reports: Vec<PropName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Core {
    CreationDate,
    DisplayName,
    ContentLength,
    ContentType,
    ETag,
    LastModified,
    ResourceType,
    LockDiscovery,
    SupportedLock,
    QuotaAvailable,
    QuotaUsed,
    SupportedMethods,
    SupportedReports,
    CurrentUser,
}

impl Core {
    const ALL: [Self; 14] = [
        Self::CreationDate,
        Self::DisplayName,
        Self::ContentLength,
        Self::ContentType,
        Self::ETag,
        Self::LastModified,
        Self::ResourceType,
        Self::LockDiscovery,
        Self::SupportedLock,
        Self::QuotaAvailable,
        Self::QuotaUsed,
        Self::SupportedMethods,
        Self::SupportedReports,
        Self::CurrentUser,
    ];

    const fn local(self) -> &'static str {
        match self {
            Self::CreationDate => "creationdate",
            Self::DisplayName => "displayname",
            Self::ContentLength => "getcontentlength",
            Self::ContentType => "getcontenttype",
            Self::ETag => "getetag",
            Self::LastModified => "getlastmodified",
            Self::ResourceType => "resourcetype",
            Self::LockDiscovery => "lockdiscovery",
            Self::SupportedLock => "supportedlock",
            Self::QuotaAvailable => "quota-available-bytes",
            Self::QuotaUsed => "quota-used-bytes",
            Self::SupportedMethods => "supported-method-set",
            Self::SupportedReports => "supported-report-set",
            Self::CurrentUser => "current-user-principal",
        }
    }

    fn wanted(self) -> Wanted {
        Wanted { slot: Slot(self as u16), name: PropName::dav(self.local()).into() }
    }
}

impl CoreProperties {
    pub(crate) fn new(options: CoreOptions, methods: Vec<Method>, reports: Vec<PropName>) -> Self {
        Self { options, methods, reports }
    }
}

#[async_trait]
impl<B: Backend> PropertyProvider<B> for CoreProperties {
    fn find(&self, name: &PropName) -> Option<Slot> {
        if name.namespace().as_str() != "DAV:" {
            return None;
        }
        let core = Core::ALL.into_iter().find(|core| core.local() == name.local());
        core.map(|core| Slot(core as u16))
    }

    fn names(&self, listing: NameListing) -> Vec<Wanted> {
        let shown = |wanted: &Wanted| match listing {
            NameListing::AllProp => self.options.allprop.contains(wanted.name.name()),
            NameListing::PropName => true,
        };
        Core::ALL.into_iter().map(Core::wanted).filter(shown).collect()
    }

    async fn load(
        &self,
        backend: &B,
        page: &[Entry<B::Resource>],
        selection: &Selection<'_>,
    ) -> Result<Box<dyn PropertyPage<B::Resource>>> {
        let wants = |core: Core| selection.wanted.iter().any(|w| w.slot == Slot(core as u16));
        let quotas = if wants(Core::QuotaAvailable) || wants(Core::QuotaUsed) {
            backend.quotas(page).await?
        } else {
            Vec::new()
        };
        let locks = if wants(Core::LockDiscovery) {
            let paths: Vec<_> = page.iter().map(|entry| &entry.path).collect();
            backend.locks(&paths).await?
        } else {
            Vec::new()
        };
        let fits = |loaded: usize| loaded == 0 || loaded == page.len();
        if !fits(quotas.len()) || !fits(locks.len()) {
            return Err(Error::new(ErrorKind::Internal, "Properties of another page"));
        }
        let locks = locks.iter().map(|all| active(all, selection.mount)).collect();
        Ok(Box::new(Page {
            quotas,
            locks,
            principal: backend.principal(),
            unlimited: self.options.unlimited_quota,
            methods: self.methods.clone(),
            reports: self.reports.clone(),
        }))
    }
}

fn active(locks: &[Lock], mount: &Mount) -> Vec<ActiveLock> {
    locks.iter().map(|lock| lock.to_active(mount)).collect()
}

/// What was loaded for a page. A list that nothing asked for is empty.
struct Page {
    quotas: Vec<Option<Quota>>,
    locks: Vec<Vec<ActiveLock>>,
    principal: Option<Href>,
    unlimited: Option<i64>,
    methods: Vec<Method>,
    reports: Vec<PropName>,
}

impl Page {
    fn quota(&self, index: usize) -> Option<Quota> {
        self.quotas.get(index).copied().flatten()
    }

    fn write_quota(&self, index: usize, core: Core, name: &Tag, out: &mut PropsWriter<'_>) {
        match (self.quota(index), core) {
            (Some(quota), Core::QuotaUsed) => out.found(name, |xml| xml.number(quota.used)),
            (Some(Quota { available: Some(bytes), .. }), _) => {
                out.found(name, |xml| xml.number(bytes));
            }
            (Some(Quota { available: None, .. }), _) => match self.unlimited {
                Some(number) => out.found(name, |xml| xml.number(number)),
                None => out.missing(name),
            },
            (None, _) => out.missing(name),
        }
    }
}

impl<R: Resource> PropertyPage<R> for Page {
    fn write(&self, index: usize, entry: &Entry<R>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        const COLLECTION: PropName = PropName::dav("collection");
        const HREF: PropName = PropName::dav("href");
        let (name, resource) = (&wanted.name, &entry.resource);
        let folder = resource.is_collection();
        let Some(core) = Core::ALL.get(usize::from(wanted.slot.0)).copied() else {
            return out.missing(name);
        };
        match core {
            Core::CreationDate => match resource.created() {
                Some(time) => out.found_text(name, &time.to_rfc3339()),
                None => out.missing(name),
            },
            Core::DisplayName => match resource.name() {
                Some(own) => out.found_text(name, own.as_str()),
                None => out.missing(name),
            },
            Core::ContentLength if folder => out.missing(name),
            Core::ContentLength => out.found(name, |xml| xml.number(resource.content_length())),
            Core::ContentType if folder => out.missing(name),
            Core::ContentType => out.found_text(name, resource.content_type()),
            Core::ETag => match resource.etag() {
                Some(etag) => out.found(name, |xml| xml.etag(&etag)),
                None => out.missing(name),
            },
            Core::LastModified => out.found(name, |xml| xml.http_date(resource.last_modified())),
            Core::ResourceType => out.found(name, |xml| {
                if folder {
                    xml.empty(&COLLECTION);
                }
            }),
            Core::LockDiscovery => {
                out.found(name, |xml| {
                    lock::write_lockdiscovery(
                        xml,
                        self.locks.get(index).map_or(&[][..], Vec::as_slice),
                    );
                });
            }
            Core::SupportedLock => out.found(name, lock::write_supportedlock),
            Core::QuotaAvailable | Core::QuotaUsed => self.write_quota(index, core, name, out),
            Core::SupportedMethods => out.found(name, |xml| {
                const METHOD: PropName = PropName::dav("supported-method");
                const NAME: PropName =
                    PropName::from_static(allmende_webdav_proto::Namespace::NONE, "name");
                for method in &self.methods {
                    xml.element_with(&METHOD, &[(&NAME, method.as_str())], |_| {});
                }
            }),
            Core::SupportedReports => out.found(name, |xml| {
                const SUPPORTED: PropName = PropName::dav("supported-report");
                const REPORT: PropName = PropName::dav("report");
                for report in &self.reports {
                    xml.element(&SUPPORTED, |xml| xml.element(&REPORT, |xml| xml.empty(report)));
                }
            }),
            Core::CurrentUser => out.found(name, |xml| match &self.principal {
                Some(href) => xml.text_element(&HREF, href.as_str()),
                None => xml.empty(&PropName::dav("unauthenticated")),
            }),
        }
    }

    fn exists(&self, index: usize, entry: &Entry<R>, wanted: &Wanted) -> bool {
        let folder = entry.resource.is_collection();
        match Core::ALL.get(usize::from(wanted.slot.0)) {
            Some(Core::CreationDate) => entry.resource.created().is_some(),
            Some(Core::DisplayName) => entry.resource.name().is_some(),
            Some(Core::ContentLength | Core::ContentType) => !folder,
            Some(Core::ETag) => entry.resource.etag().is_some(),
            Some(Core::QuotaUsed) => self.quota(index).is_some(),
            Some(Core::QuotaAvailable) => self
                .quota(index)
                .is_some_and(|quota| quota.available.is_some() || self.unlimited.is_some()),
            Some(_) => true,
            None => false,
        }
    }
}
