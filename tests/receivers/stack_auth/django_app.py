"""Stack Auth's published handler for Django, unmodified. The rest is ours: a Django project in one file."""

import os
from wsgiref.simple_server import make_server

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    LOGGING={
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "loggers": {"django.request": {"handlers": ["console"]}},
    },
    ROOT_URLCONF=__name__,
    STACK_WEBHOOK_SECRET=os.environ["STACK_WEBHOOK_SECRET"],
)
django.setup()

from django.conf import settings
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from svix.webhooks import Webhook

@csrf_exempt
def stack_webhook(request):
    wh = Webhook(settings.STACK_WEBHOOK_SECRET)
    verified_payload = wh.verify(
        request.body.decode("utf-8"),
        {
            "svix-id": request.headers["svix-id"],
            "svix-timestamp": request.headers["svix-timestamp"],
            "svix-signature": request.headers["svix-signature"],
        },
    )
    return JsonResponse({"ok": True, "type": verified_payload["type"]})


from django.core.wsgi import get_wsgi_application
from django.urls import path

urlpatterns = [path("api/webhooks/stack", stack_webhook)]

make_server("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application()).serve_forever()
