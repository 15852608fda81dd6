"""Papers handed in as evidence: pictures and PDFs, never served from the disk."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import READERS, REGISTRARS, unit_reach


def paper_path(paper: Paper, name: str) -> str:
    """Return where the file lies: by its id, so that its name says nothing."""
    end = "pdf" if paper.media == "application/pdf" else "jpg"
    text = str(paper.pk)
    return f"affairs/{text[-2:]}/{text}.{end}"


class PaperQuerySet(models.QuerySet["Paper"]):
    def visible_to(self, actor) -> PaperQuerySet:
        """Return the papers of elections and disclosures one reads, of files one keeps, one's own."""
        own = Q(step__admission__membership__person__user=actor.pk)
        kept = unit_reach(actor, REGISTRARS, column="unit__path")
        read = unit_reach(actor, READERS, column="unit__path") & Q(step__isnull=True)
        return self.filter(own | kept | read)


class Paper(models.Model):
    """One file: the step, election or disclosure it proves."""

    id = models.UUIDField(primary_key=True)
    unit = models.ForeignKey(Org, models.PROTECT, related_name="+")
    step = models.ForeignKey("AdmissionStep", models.CASCADE, null=True, related_name="papers")
    election = models.ForeignKey("Election", models.CASCADE, null=True, related_name="papers")
    disclosure = models.ForeignKey("Disclosure", models.CASCADE, null=True, related_name="papers")
    name = models.CharField(_("名称"), max_length=80)
    media = models.CharField(max_length=20)
    file = models.FileField(upload_to=paper_path)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("上传时间"))

    objects = PaperQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("材料")
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return self.name
