"""Tasks: what users have to do in a workspace, linked to anything, due or not, once or again."""

from cmhub.services.tasks import counting as counting
from cmhub.services.tasks.changing import assign_task as assign_task
from cmhub.services.tasks.changing import change_task as change_task
from cmhub.services.tasks.changing import create_task as create_task
from cmhub.services.tasks.changing import delete_task as delete_task
from cmhub.services.tasks.changing import finish_task as finish_task
from cmhub.services.tasks.changing import reopen_task as reopen_task
from cmhub.services.tasks.changing import restore_task as restore_task
from cmhub.services.tasks.dates import REPEATS as REPEATS
from cmhub.services.tasks.drafts import TaskDraft as TaskDraft
from cmhub.services.tasks.reading import TaskCounts as TaskCounts
from cmhub.services.tasks.reading import TaskFilter as TaskFilter
from cmhub.services.tasks.reading import TaskPage as TaskPage
from cmhub.services.tasks.reading import TaskView as TaskView
from cmhub.services.tasks.reading import count_tasks as count_tasks
from cmhub.services.tasks.reading import due_tasks as due_tasks
from cmhub.services.tasks.reading import list_tasks as list_tasks
from cmhub.services.tasks.reading import read_task as read_task
