"""The app's addresses."""

from django.urls import path, register_converter

from messages_app.addresses import SealedPath
from messages_app.views import (
    analytics,
    conversations,
    export_jobs,
    exports,
    message,
    messages,
    panels,
    preferences,
    provenance,
    review,
    saved,
    search,
    shares,
    visiting,
    watching,
)
from messages_app.views.visiting import for_visitors

register_converter(SealedPath, "sealed")

urlpatterns = [
    path("", saved.home, name="home"),
    path("messages/", messages.messages, name="messages"),
    path("messages/count/", messages.count, name="messages_count"),
    path("messages/figures/", messages.figures, name="messages_figures"),
    path("messages/<str:kind>/<int:message_id>/", message.message, name="message"),
    path("messages/<sealed:row>/", message.row, name="row"),
    path("messages/<sealed:row>/reveal/", message.reveal, name="reveal"),
    path("search/", search.search, name="search"),
    path("search/readings/", search.readings, name="readings"),
    path("preferences/columns/", preferences.column_preferences, name="column_preferences"),
    path("conversations/<str:number>/", conversations.conversation, name="conversation"),
    path("messages/export.csv", exports.export, {"format": "csv"}, name="export_csv"),
    path("messages/export.xlsx", exports.export, {"format": "xlsx"}, name="export_xlsx"),
    path("messages/export.ndjson", exports.export, {"format": "ndjson"}, name="export_ndjson"),
    path("exports/", export_jobs.exports, name="exports"),
    path("exports/<int:pk>/", export_jobs.export_job, name="export_job"),
    path("exports/<int:pk>/file", export_jobs.export_file, name="export_file"),
    path("exports/<int:pk>/manifest.json", export_jobs.export_manifest, name="export_manifest"),
    path("filling/", provenance.filling, name="filling"),
    path("analytics/", analytics.analytics, name="analytics"),
    path("analytics/panels/<str:name>/", panels.panel, name="panel"),
    path("analytics/worth-a-look/", watching.worth_a_look, name="worth_a_look"),
    path("analytics/changed/", watching.changed, name="changed"),
    path("analytics/data.json", analytics.analytics_data, name="analytics_data"),
    path("review/", review.review, name="review"),
    path("s/<str:token>/", visiting.shared, name="shared"),
    path("shared/messages/", for_visitors(messages.messages), name="shared_messages"),
    path("shared/messages/count/", for_visitors(messages.count), name="shared_messages_count"),
    path(
        "shared/messages/figures/", for_visitors(messages.figures), name="shared_messages_figures"
    ),
    path(
        "shared/messages/<str:kind>/<int:message_id>/",
        for_visitors(message.message),
        name="shared_message",
    ),
    path("shared/messages/<sealed:row>/", for_visitors(message.row), name="shared_row"),
    path("shared/analytics/", for_visitors(analytics.analytics), name="shared_analytics"),
    path("shared/analytics/panels/<str:name>/", for_visitors(panels.panel), name="shared_panel"),
    path(
        "shared/analytics/data.json",
        for_visitors(analytics.analytics_data),
        name="shared_analytics_data",
    ),
    path("shared/language/", visiting.language, name="shared_language"),
    path("shares/", shares.shares, name="shares"),
    path("shares/new/", shares.new, name="new_share"),
    path("shares/<int:pk>/revoke/", shares.revoke, name="revoke_share"),
    path("views/", saved.views, name="views"),
    path("views/new/", saved.save, name="save_view"),
    path("views/<int:pk>/", saved.view, name="view"),
    path("views/<int:pk>/edit/", saved.edit, name="edit_view"),
    path("views/<int:pk>/delete/", saved.delete, name="delete_view"),
    path("views/<int:pk>/move/", saved.move, name="move_view"),
    path("views/<int:pk>/start/", saved.start, name="start_view"),
]
