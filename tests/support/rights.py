"""Who may do what, said once more and apart from the code: what is not said here fails a test.

A handler, route or command that is added needs its row, and a permission its line.
"""

from cmhub.actor import Role

ROLES = tuple(Role)

# For each permission the roles that hold it, in the order of the columns.
PERMISSIONS = """
                     owner admin manager moderator mediator analyst client
activity:read        yes   yes   yes     yes       yes      yes     yes
agency:read          yes   yes   -       -         -        -       -
agency:settings      yes   yes   -       -         -        -       -
audit:read           yes   yes   -       -         -        -       -
connection:manage    yes   yes   yes     -         -        -       -
connection:read      yes   yes   yes     yes       yes      yes     -
history:import       yes   yes   yes     -         -        -       -
home:read            yes   yes   yes     yes       yes      yes     -
inbox:answer         yes   yes   yes     yes       yes      -       -
inbox:read           yes   yes   yes     yes       yes      yes     -
job:manage           yes   yes   -       -         -        -       -
member:measure       yes   yes   yes     yes       -        -       -
member:merge         yes   yes   yes     yes       -        -       -
member:read          yes   yes   yes     yes       yes      yes     -
message:delete       yes   yes   yes     yes       -        -       -
task:read            yes   yes   yes     yes       yes      yes     -
task:write           yes   yes   yes     yes       yes      -       -
user:manage          yes   yes   -       -         -        -       -
workspace:archive    yes   yes   -       -         -        -       -
workspace:create     yes   yes   -       -         -        -       -
workspace:export     yes   yes   -       -         -        -       -
workspace:settings   yes   yes   yes     -         -        -       -
"""

# Handlers of States: public, signed-in, or the permission that each demands.
HANDLERS = """
SessionState.dismiss                 public
SessionState.tell_unforeseen         public
CountsState.load                     signed-in
PaletteState.search                  signed-in
PaletteState.forget                  signed-in
InboxState.load                      inbox:read
InboxState.refresh                   inbox:read
InboxState.refresh_desk              inbox:read
InboxState.send_anyway               inbox:answer
InboxState.send                      inbox:answer
InboxState.send_again                inbox:answer
InboxState.discard                   inbox:answer
InboxState.undo                      inbox:read
InboxState.delete                    message:delete
InboxState.measure                   member:measure
InboxState.measure_again             message:delete
SearchState.load                     inbox:read
MembersState.load                    member:read
MemberState.load                     member:read
MemberState.find                     member:merge
MemberState.merge                    member:merge
MemberState.part                     member:merge
MemberState.undo                     member:merge
SortingState.move                    inbox:answer
SortingState.snooze                  inbox:answer
SortingState.snooze_at               inbox:answer
SortingState.assign                  inbox:answer
SortingState.label                   inbox:answer
WritingState.keep                    inbox:answer
WritingState.propose                 inbox:answer
WritingState.write_note              inbox:answer
WritingState.edit                    inbox:answer
WritingState.save_note               inbox:answer
WritingState.delete_note             inbox:answer
WritingState.beat                    inbox:read
WritingState.look_around             inbox:read
ViewsState.save                      inbox:read
ViewsState.rename                    inbox:read
ViewsState.delete                    inbox:read
LabelsState.load                     workspace:settings
LabelsState.refresh                  workspace:settings
LabelsState.save                     workspace:settings
LabelsState.ask                      workspace:settings
LabelsState.merge                    workspace:settings
LabelsState.delete                   workspace:settings
SavedRepliesState.load               workspace:settings
SavedRepliesState.refresh            workspace:settings
SavedRepliesState.save               workspace:settings
SavedRepliesState.delete             workspace:settings
SavedRepliesState.undo               workspace:settings
HomeState.load                       home:read
HomeState.refresh                    home:read
HomeState.leave                      task:write
HomeState.withdraw                   task:write
HomeState.take_over                  task:write
HomeState.put_steps_away             home:read
HomeState.undo                       home:read
AgencyHomeState.load                 home:read
AgencyHomeState.refresh              home:read
ActivityState.load                   activity:read
NoticesState.count                   signed-in
NoticesState.load                    signed-in
NoticesState.read                    signed-in
NoticesState.read_all                signed-in
NoticeSettingsState.load             signed-in
NoticeSettingsState.show_in_page     signed-in
NoticeSettingsState.mail             signed-in
NoticeSettingsState.send_digest      signed-in
NoticeSettingsState.keep_quiet       signed-in
TasksState.load                      task:read
TasksState.refresh                   task:read
TasksState.finish                    task:write
TasksState.reopen                    task:write
TasksState.delete                    task:write
TasksState.save                      task:write
TasksState.take                      task:write
TasksState.undo                      task:write
AgencyTasksState.load                task:read
AgencyTasksState.finish              task:write
AgencyTasksState.reopen              task:write
AgencyTasksState.undo                task:write
TaskDialogState.begin                task:write
TaskDialogState.choose_place         task:write
TaskDialogState.create               task:write
ConnectionsState.load                connection:read
ConnectionsState.refresh             connection:read
ConnectionsState.choose_way          connection:manage
ConnectionsState.sign_in             connection:manage
ConnectionsState.look_again          connection:manage
ConnectionsState.choose              connection:manage
ConnectionsState.ask_to_leave        connection:manage
ConnectionsState.disconnect          connection:manage
ImportsState.load                    history:import
ImportsState.stop                    history:import
ExportsState.load                    workspace:export
ExportsState.make                    workspace:export
ExportsState.stop                    workspace:export
SessionState.refresh                 signed-in
AgencySettingsState.load             agency:settings
AgencySettingsState.save             agency:settings
AgencySettingsState.remove_logo      agency:settings
AgencySettingsState.undo             agency:settings
WorkspacesState.load                 agency:read
WorkspacesState.archive              workspace:archive
WorkspacesState.restore              workspace:archive
WorkspacesState.ask_to_delete        workspace:archive
WorkspacesState.delete               workspace:archive
WorkspacesState.keep                 workspace:archive
WorkspacesState.undo                 workspace:archive
SettingsState.load                   workspace:settings
HoursState.load                      workspace:settings
HoursState.choose_always             workspace:settings
HoursState.add_span                  workspace:settings
HoursState.remove_span               workspace:settings
HoursState.choose_country            workspace:settings
HoursState.save                      workspace:settings
HoursState.add_day                   workspace:settings
HoursState.remove_day                workspace:settings
HoursState.undo                      workspace:settings
AuditState.load                      audit:read
FailuresState.load                   job:manage
FailuresState.retry                  job:manage
FailuresState.dismiss                job:manage
FailuresState.undo                   job:manage
SettingsState.write_colour           workspace:settings
SettingsState.pick_colour            workspace:settings
SettingsState.use_colour             workspace:settings
SettingsState.save                   workspace:settings
SettingsState.remove_logo            workspace:settings
SettingsState.undo                   workspace:settings
PeopleState.load                     user:manage
PeopleState.invite                   user:manage
PeopleState.save_roles               user:manage
PeopleState.ask_remove               user:manage
PeopleState.remove                   user:manage
PeopleState.invite_again             user:manage
PeopleState.revoke                   user:manage
PeopleState.undo                     user:manage
WorkspacePeopleState.load            workspace:settings
WorkspacePeopleState.add             user:manage
WorkspacePeopleState.set_role        user:manage
WorkspacePeopleState.remove          user:manage
WorkspacePeopleState.ask_remove      user:manage
WorkspacePeopleState.remove_for_good  user:manage
WorkspacePeopleState.undo            user:manage
ProfileState.load                    signed-in
ProfileState.save                    signed-in
ProfileState.ask_email               signed-in
ProfileState.forget_email            signed-in
ProfileState.ask_leave               signed-in
ProfileState.leave                   signed-in
ProfileState.delete                  signed-in
SecurityState.load                   signed-in
SecurityState.end                    signed-in
SecurityState.end_others             signed-in
SecurityState.change_password        signed-in
"""

# Routes outside of the pages, but for those of the sandbox: public, signed-in, or a permission.
ROUTES = """
GET /                                public
GET /auth/code                       public
GET /auth/code/                      public
POST /auth/code/                     public
GET /auth/confirm                    public
GET /auth/confirm/                   public
POST /auth/confirm/                  public
GET /auth/confirm/{token}            public
POST /auth/confirm/{token}           public
GET /auth/email/{token}              public
POST /auth/email/{token}             public
GET /auth/forgot                     public
GET /auth/forgot/                    public
POST /auth/forgot/                   public
GET /auth/reset/{token}              public
POST /auth/reset/{token}             public
GET /auth/sent                       public
GET /auth/sent/                      public
GET /auth/sign-in                    public
GET /auth/sign-in/                   public
POST /auth/sign-in/                  public
POST /auth/sign-out/                 public
GET /auth/sign-up                    public
GET /auth/sign-up/                   public
POST /auth/sign-up/                  public
GET /boot.js                         public
GET /design                          public
GET /design/                         public
GET /files/{agency}/{workspace}/{name:path}  signed-in
GET /healthz                         public
GET /join/{token}                    public
POST /join/{token}                   public
GET /me/second-factor                public
GET /me/second-factor/               signed-in
POST /me/second-factor/              signed-in
GET /manifest.webmanifest            public
GET /offline/                        public
GET /worker.js                       public
GET /words.json                      public
GET /metrics                         public
GET /notices/unsubscribe/{token}     public
POST /notices/unsubscribe/{token}    public
POST /preferences                    public
POST /imports/{agency}/{workspace}/  history:import
GET /exports/{agency}/{workspace}/{run}.zip  workspace:export
GET /accessibility                   public
GET /accessibility/                  public
GET /en/                             public
GET /en/accessibility/               public
GET /en/help/                        public
GET /en/help/{article}/              public
GET /en/legal/                       public
GET /en/pricing/                     public
GET /en/privacy/                     public
GET /en/terms/                       public
GET /fr/                             public
GET /fr/accessibility/               public
GET /fr/help/                        public
GET /fr/help/{article}/              public
GET /fr/legal/                       public
GET /fr/pricing/                     public
GET /fr/privacy/                     public
GET /fr/terms/                       public
GET /help                            public
GET /help/                           public
GET /help/{article}                  public
GET /help/{article}/                 public
GET /legal                           public
GET /legal/                          public
GET /pricing                         public
GET /pricing/                        public
GET /privacy                         public
GET /privacy/                        public
GET /robots.txt                      public
GET /sitemap.xml                     public
GET /terms                           public
GET /terms/                          public
GET /readyz                          public
GET /start                           public
GET /start/                          signed-in
POST /start/                         workspace:create
GET /static/{name}                   public
GET /w/{agency}/{workspace}/brand.css  signed-in
POST /w/{agency}/{workspace}/logo    workspace:settings
POST /a/{agency}/logo                agency:settings
GET /a/{agency}/audit.csv            audit:read
GET /a/{agency}/audit.jsonl          audit:read
"""

# Commands are run on the host and act as the product itself, in the place that each names.
COMMANDS = """
serve      none
worker     none
migrate    none
doctor     none
demo       the demo's agencies, on one's own machine only
import     one workspace
export     one workspace or a whole agency
"""


def rows(table: str) -> dict[str, str]:
    """What a table says, by the first word or words of its rows."""
    found: dict[str, str] = {}
    for line in table.strip().splitlines():
        name, _, right = line.partition("  ")
        assert name not in found, f"{name} stands there twice"
        found[name] = right.strip()
    return found


def held() -> dict[str, frozenset[Role]]:
    """The roles that hold each permission."""
    return {
        name: frozenset(
            role for role, said in zip(ROLES, line.split(), strict=True) if said == "yes"
        )
        for name, line in rows("\n".join(PERMISSIONS.strip().splitlines()[1:])).items()
    }
