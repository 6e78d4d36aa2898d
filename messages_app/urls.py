"""The app's addresses."""

from django.urls import path

from messages_app.views import (
    analytics,
    conversations,
    messages,
    panels,
    preferences,
    provenance,
    review,
    saved,
    search,
    watching,
)

urlpatterns = [
    path("", saved.home, name="home"),
    path("messages/", messages.messages, name="messages"),
    path("messages/count/", messages.count, name="messages_count"),
    path("messages/figures/", messages.figures, name="messages_figures"),
    path("messages/<str:kind>/<int:message_id>/", messages.message, name="message"),
    path("search/", search.search, name="search"),
    path("search/readings/", search.readings, name="readings"),
    path("preferences/columns/", preferences.column_preferences, name="column_preferences"),
    path("conversations/<str:number>/", conversations.conversation, name="conversation"),
    path("filling/", provenance.filling, name="filling"),
    path("analytics/", analytics.analytics, name="analytics"),
    path("analytics/panels/<str:name>/", panels.panel, name="panel"),
    path("analytics/worth-a-look/", watching.worth_a_look, name="worth_a_look"),
    path("analytics/changed/", watching.changed, name="changed"),
    path("analytics/data.json", analytics.analytics_data, name="analytics_data"),
    path("review/", review.review, name="review"),
    path("views/", saved.views, name="views"),
    path("views/new/", saved.save, name="save_view"),
    path("views/<int:pk>/", saved.view, name="view"),
    path("views/<int:pk>/edit/", saved.edit, name="edit_view"),
    path("views/<int:pk>/delete/", saved.delete, name="delete_view"),
    path("views/<int:pk>/move/", saved.move, name="move_view"),
    path("views/<int:pk>/start/", saved.start, name="start_view"),
]
