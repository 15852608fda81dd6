from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from . import queries
from .models import Case


@login_required
@require_GET
def detail(request, pk):
    case = get_object_or_404(Case.objects.visible_to(request.user), pk=pk)
    context = {"case": case, "moves": queries.moves_open_to(request.user, case)}
    return render(request, "cases/detail.html", context)
