"""The app's addresses."""

from django.urls import path
from django.views.generic import RedirectView

from messages_app.views import analytics, messages, review

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="messages"), name="home"),
    path("messages/", messages.messages, name="messages"),
    path("messages/figures/", messages.figures, name="messages_figures"),
    path("messages/<str:kind>/<int:message_id>/", messages.message, name="message"),
    path("analytics/", analytics.analytics, name="analytics"),
    path("analytics/data.json", analytics.analytics_data, name="analytics_data"),
    path("review/", review.review, name="review"),
]
