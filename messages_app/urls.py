"""The app's addresses."""

from django.urls import path
from django.views.generic import RedirectView

from messages_app.views import analytics, messages, panels, provenance, review, watching

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="messages"), name="home"),
    path("messages/", messages.messages, name="messages"),
    path("messages/count/", messages.count, name="messages_count"),
    path("messages/figures/", messages.figures, name="messages_figures"),
    path("messages/<str:kind>/<int:message_id>/", messages.message, name="message"),
    path("filling/", provenance.filling, name="filling"),
    path("analytics/", analytics.analytics, name="analytics"),
    path("analytics/panels/<str:name>/", panels.panel, name="panel"),
    path("analytics/worth-a-look/", watching.worth_a_look, name="worth_a_look"),
    path("analytics/changed/", watching.changed, name="changed"),
    path("analytics/data.json", analytics.analytics_data, name="analytics_data"),
    path("review/", review.review, name="review"),
]
