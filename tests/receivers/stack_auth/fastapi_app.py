"""Stack Auth's published handler for FastAPI, unmodified. The secret and the server are ours."""

import os

import uvicorn

STACK_WEBHOOK_SECRET = os.environ["STACK_WEBHOOK_SECRET"]

from fastapi import FastAPI, Request
from svix.webhooks import Webhook

app = FastAPI()

@app.post("/api/webhooks/stack")
async def stack_webhook(request: Request):
    payload = await request.body()
    wh = Webhook(STACK_WEBHOOK_SECRET)
    verified_payload = wh.verify(
        payload.decode("utf-8"),
        {
            "svix-id": request.headers["svix-id"],
            "svix-timestamp": request.headers["svix-timestamp"],
            "svix-signature": request.headers["svix-signature"],
        },
    )
    return {"ok": True, "type": verified_payload["type"]}


uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]))
